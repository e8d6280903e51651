"""The one list of commands: complete, in two languages, and shut to whoever is no admin."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.registry import COMMANDS, offered, written
from bot.i18n import LANGUAGES, say
from bot.messages import Addressing, ChatKind
from memory.grants import Kind, Privilege
from tests.fakes.household import GROUP, NOW, OWNER, Household, household, message, telegram

ANA = telegram("7")
ADMIN_NAMES = [command.name for command in COMMANDS if command.admin]


def test_every_command_of_the_plan_is_there() -> None:
    everybodys = "start help new stop retry remember memories forget export privacy language link persona"
    assert [command.name for command in COMMANDS if not command.admin] == everybodys.split()
    assert ADMIN_NAMES == ["status", "pair", "allow", "ban", "model"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_described_in_words_that_every_platform_takes(language: str) -> None:
    for command in COMMANDS:
        assert 1 <= len(command.description(language)) <= 100
        assert "\n" not in command.description(language)
        usage = command.usage(language)
        assert usage.startswith(f"/{command.name}")
        assert (usage != f"/{command.name}") is command.takes


def test_both_languages_hold_the_same_texts() -> None:
    here = Path(__file__).parents[3] / "bot" / "i18n"
    for area in ("access", "commands"):
        keys = [
            [line.split(" =")[0] for line in (here / language / f"{area}.ftl").read_text().splitlines() if " =" in line]
            for language in LANGUAGES
        ]
        assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/help", ("help", "")),
        ("  /HELP  ", ("help", "")),
        ("/remember@martin_bot Toby\nes mi perro", ("remember", "Toby\nes mi perro")),
        ("/etc/hosts no abre", None),
        ("/", None),
        ("/ help", None),
        ("hola /help", None),
        ("/2 por 3", None),
    ],
)
def test_what_is_a_command_and_what_is_talk(text: str, expected: tuple[str, str] | None) -> None:
    assert written(text) == expected


@given(st.text())
def test_any_text_is_read_without_fail(text: str) -> None:
    found = written(text)
    assert found is None or (found[0] == found[0].lower() and text.strip().startswith("/"))


async def test_an_unknown_command_is_answered_with_the_nearest(home: Household) -> None:
    answer = await home.ask("/memorias", ANA)
    assert "/memories" in answer.text
    assert [choice.command for choice in answer.choices] == ["/memories"]
    assert (await home.ask("/xyzzy", ANA)).text == say("es", "commands-unknown", name="xyzzy")


async def test_another_bots_command_in_a_group_is_left_to_it(home: Household) -> None:
    assert await home.run(message("/roll 2d6", ANA, chat=GROUP, addressing=Addressing.COMMAND)) == []
    asked = await home.run(message("/roll 2d6", ANA, chat=GROUP, addressing=Addressing.MENTION))
    assert asked[0].text == say("es", "commands-unknown", name="roll")


async def test_admin_commands_are_not_even_hinted_at(home: Household) -> None:
    answer = await home.ask("/modell", ANA)
    assert answer.text == say("es", "commands-unknown", name="modell")
    assert not answer.choices
    assert "/model?" in (await home.ask("/modell", OWNER)).text
    shown = (await home.ask("/help", ANA)).text
    assert all(f"/{name}" not in shown for name in ADMIN_NAMES)
    shown_to_owner = (await home.ask("/help", OWNER)).text
    assert all(f"/{name}" in shown_to_owner for name in ADMIN_NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADMIN_NAMES)
async def test_an_admin_command_of_anybody_else_is_politely_refused(home: Household, name: str, language: str) -> None:
    await home.meet(ANA, language=language)
    answer = await home.ask(f"/{name}", ANA)
    assert answer.text == say(language, "commands-admins-only")
    assert answer.private


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(ADMIN_NAMES),
    shown=st.one_of(st.just("Martín"), st.just("telegram:1"), st.just("admin"), st.text(max_size=40)),
    argument=st.one_of(st.sampled_from(["", "admin telegram:7", "list", "telegram:7", "update"]), st.text(max_size=60)),
    user=st.text(alphabet="0123456789:", min_size=1, max_size=8).filter(lambda text: text != OWNER.user_id),
    in_group=st.booleans(),
)
async def test_no_name_and_no_words_run_an_admin_command(
    name: str, shown: str, argument: str, user: str, in_group: bool
) -> None:
    account = telegram(user)
    with tempfile.TemporaryDirectory() as folder:
        async with household(Path(folder)) as home:
            said = message(
                f"/{name} {argument}",
                account,
                chat=GROUP if in_group else None,
                name=shown,
                addressing=Addressing.COMMAND,
            )
            answers = await home.run(said)
            assert [answer.text for answer in answers] == [say("es", "commands-admins-only")]
            assert [each.subject for each in await home.grants.listed(Privilege.ADMIN)] == [str(OWNER)]
            assert await home.grants.listed(Privilege.ALLOWED) == []
            assert home.models.chosen == "gemma3:4b"


async def test_what_belongs_in_a_direct_chat_is_not_said_in_a_group(home: Household) -> None:
    answer = await home.ask("/export", ANA, chat=GROUP)
    assert answer.text == say("es", "commands-direct-only", name="export")
    assert not answer.files
    assert "link" not in [command.name for command in offered(admin=True, kind=ChatKind.GROUP)]


async def test_an_admin_no_more_is_refused_even_if_the_message_is_old(home: Household) -> None:
    await home.grants.give(Privilege.ADMIN, Kind.PERSON, str(ANA), by=None, now=NOW)
    said = message("/status", ANA)
    await home.grants.take(Privilege.ADMIN, Kind.PERSON, str(ANA), by=None, now=NOW)
    assert (await home.run(said))[-1].text == say("es", "commands-admins-only")
