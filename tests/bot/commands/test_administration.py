"""/status /pair /allow /ban."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access import Ruling
from bot.commands import subjects
from bot.commands.subjects import Target
from bot.i18n import LANGUAGES, say
from bot.messages import Addressing, Quoted
from memory.audit import Audit
from memory.grants import Kind, Privilege
from memory.records import Author
from tests.fakes.household import CHANNEL, GROUP, NOW, OWNER, Household, author, direct, discord, message, telegram

ANA, LUIS = telegram("7"), telegram("8")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_status_says_how_the_house_is(home: Household, language: str) -> None:
    await home.meet(OWNER, language=language)
    answer = await home.ask("/status", OWNER)
    for fact in ("1 d 1 h 30 min", "gemma3:4b", "ollama", "120", "118", "4"):
        assert fact in answer.text
    assert say(language, "commands-status-nightly-none") in answer.text
    assert answer.private


async def test_a_stranger_is_let_in_by_code_and_told_in_their_language(home: Household) -> None:
    notice = (await home.check(message("hello", ANA, language="en"))).notice
    code = notice.split("**")[1]
    assert "Ana" in (await home.ask("/pair", OWNER)).text
    answer = await home.ask(f"/pair {code.lower()}", OWNER)
    assert "telegram:7" in answer.text
    assert home.town.told == [(direct(ANA), say("en", "access-paired"))]
    assert (await home.check(message("hello", ANA))).ruling is Ruling.ANSWER
    assert (await home.ask(f"/pair {code}", OWNER)).text == say("es", "commands-pair-wrong")
    assert (await home.ask("/pair", OWNER)).text == say("es", "commands-pair-none")


async def test_an_admin_allows_the_group_they_write_in(home: Household) -> None:
    mention = message("hola", ANA, chat=GROUP, addressing=Addressing.MENTION)
    assert (await home.check(mention)).ruling is Ruling.UNINVITED
    await home.ask("/allow", OWNER, chat=GROUP)
    assert (await home.check(mention)).ruling is Ruling.ANSWER
    await home.ask("/allow remove", OWNER, chat=GROUP)
    assert (await home.check(mention)).ruling is Ruling.UNINVITED


async def test_a_person_is_allowed_by_id_or_by_replying_to_them(home: Household) -> None:
    await home.ask("/allow telegram:7", OWNER)
    quoted = Quoted(message_id="1", author=author(LUIS, name="Luis"), text="hola", is_mine=False)
    await home.ask("/allow", OWNER, chat=GROUP, reply_to=quoted)
    for account in (ANA, LUIS):
        assert (await home.check(message("hola", account))).ruling is Ruling.ANSWER
    assert (await home.check(message("hola", discord("7")))).ruling is Ruling.STRANGER


async def test_the_list_says_what_is_configured_and_what_was_granted(home: Household) -> None:
    boss = discord("1")
    await home.ask("/allow admin discord:1", OWNER)
    await home.ask("/allow server", boss, chat=CHANNEL)
    await home.ask("/allow role 9", boss, chat=CHANNEL)
    lines = (await home.ask("/allow", OWNER)).text.splitlines()
    assert lines[1:] == [
        "- administra: la persona `telegram:1` (en config.toml)",
        "- administra: la persona `discord:1`",
        "- permitido: el rol `discord:9`",
        "- permitido: el servidor `discord:5`",
    ]


async def test_what_the_settings_grant_is_taken_back_there(home: Household) -> None:
    answer = await home.ask("/allow remove admin telegram:1", OWNER)
    assert answer.text == say("es", "commands-configured", subject="telegram:1")
    assert (await home.check(message("hola", OWNER))).is_admin


@pytest.mark.parametrize("command", ["/allow Ana", "/allow @ana", "/allow a b c", "/allow role", "/allow telegram:"])
async def test_a_name_is_nobody(home: Household, command: str) -> None:
    assert (await home.ask(command, OWNER)).text == say("es", "commands-allow-what")
    assert await home.grants.listed(Privilege.ALLOWED) == []


async def test_whoever_is_banned_is_not_heard_until_it_is_lifted(home: Household) -> None:
    await home.ask("/allow telegram:7", OWNER)
    await home.ask("/ban telegram:7", OWNER)
    assert (await home.check(message("hola", ANA))).ruling is Ruling.IGNORE
    assert "telegram:7" in (await home.ask("/ban", OWNER)).text
    await home.ask("/ban remove telegram:7", OWNER)
    assert (await home.check(message("hola", ANA))).ruling is Ruling.STRANGER
    again = await home.ask("/ban remove telegram:7", OWNER)
    assert again.text == say("es", "commands-not-granted", subject="la persona `telegram:7`")
    assert say("es", "commands-list-empty") in (await home.ask("/ban", OWNER)).text


async def test_an_admin_is_not_banned(home: Household) -> None:
    assert (await home.ask("/ban telegram:1", OWNER)).text == say("es", "commands-ban-admin")
    assert (await home.ask("/ban", OWNER, reply_to=None)).text.endswith(say("es", "commands-list-empty"))


async def test_every_deed_is_audited_with_who_did_it_and_no_word_of_anybody(home: Household) -> None:
    owner = await home.meet(OWNER)
    await home.ask("/allow telegram:7", OWNER)
    await home.ask("/ban telegram:8", OWNER)
    await home.ask("/ban remove telegram:8", OWNER)
    deeds = await Audit(home.database).last(limit=3)
    assert [(deed.person, deed.action, deed.detail) for deed in deeds] == [
        (owner.id, "take banned", "person telegram:8"),
        (owner.id, "give banned", "person telegram:8"),
        (owner.id, "give allowed", "person telegram:7"),
    ]
    assert {deed.at for deed in deeds} == {NOW}


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("7", Target(kind=Kind.PERSON, subject="telegram:7")),
        ("discord:70", Target(kind=Kind.PERSON, subject="discord:70")),
        ("-1001", Target(kind=Kind.CHAT, subject="telegram:-1001")),
        ("grupo 5", Target(kind=Kind.CHAT, subject="telegram:5")),
        ("remove admin discord:7", Target(kind=Kind.PERSON, subject="discord:7", admin=True, remove=True)),
        ("quitar rol discord:9", Target(kind=Kind.ROLE, subject="discord:9", remove=True)),
        ("server discord:5", Target(kind=Kind.SERVER, subject="discord:5")),
    ],
)
def test_whom_an_admin_means(argument: str, expected: Target) -> None:
    assert subjects.parse(argument, message("", OWNER)) == expected


def test_a_reply_to_martin_means_nobody_and_so_the_group() -> None:
    quoted = Quoted(message_id="1", author=Author(account=telegram("99"), name="Martín"), text="hola", is_mine=True)
    found = subjects.parse("", message("", OWNER, chat=GROUP, reply_to=quoted))
    assert found == Target(kind=Kind.CHAT, subject="telegram:-100")


@given(st.text())
def test_any_words_of_an_admin_are_read_without_fail(text: str) -> None:
    found = subjects.parse(text, message("", OWNER))
    assert found is None or ":" in found.subject
