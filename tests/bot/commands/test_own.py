"""/privacy /language /link /persona."""

from datetime import timedelta

import pytest

from bot.i18n import LANGUAGES, say
from bot.pairing import LIFE
from memory import codes
from tests.fakes.household import GROUP, NOW, OWNER, Household, discord, message, telegram

ANA, HER_DISCORD, LUIS = telegram("7"), discord("70"), telegram("8")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_privacy_shows_how_things_stand_and_offers_the_opposite(home: Household, language: str) -> None:
    await home.meet(ANA, language=language)
    answer = await home.ask("/privacy", ANA)
    assert "remember on" in answer.text
    assert "learn off" in answer.text
    assert [choice.command for choice in answer.choices] == ["/privacy remember off", "/privacy learn on"]
    assert answer.private


@pytest.mark.parametrize(("word", "on"), [("on", True), ("sí", True), ("off", False), ("no", False)])
async def test_privacy_is_ones_own_to_turn(home: Household, word: str, on: bool) -> None:
    await home.ask(f"/privacy remember {word}", ANA)
    await home.ask(f"/privacy learn {word}", ANA)
    ana = await home.meet(ANA)
    luis = await home.meet(LUIS)
    assert (ana.remembers, ana.learns) == (on, on)
    assert (luis.remembers, luis.learns) == (True, False)


async def test_only_the_groups_administrators_make_martin_listen_to_it(home: Household) -> None:
    refused = await home.ask("/privacy group on", ANA, chat=GROUP)
    assert refused.text == say("es", "commands-group-admins-only")
    home.town.administrators.add((GROUP.id, ANA.user_id))
    allowed = await home.ask("/privacy group on", ANA, chat=GROUP)
    assert allowed.text == say("es", "commands-group-listens-on")
    assert not allowed.private, "the group is told"
    assert (await home.rooms.get("telegram", "-100")).listens
    shown = await home.ask("/privacy", LUIS, chat=GROUP)
    assert "group on" in shown.text
    await home.ask("/privacy group off", OWNER, chat=GROUP)
    assert not (await home.rooms.get("telegram", "-100")).listens


async def test_a_direct_chat_has_no_group_to_listen_to(home: Household) -> None:
    answer = await home.ask("/privacy group on", OWNER)
    assert "remember on" in answer.text


@pytest.mark.parametrize(
    ("said", "language"), [("en", "en"), ("English", "en"), ("inglés", "en"), ("español", "es"), ("ES", "es")]
)
async def test_the_language_is_changed_by_any_of_its_names(home: Household, said: str, language: str) -> None:
    answer = await home.ask(f"/language {said}", ANA)
    assert answer.text == say(language, "commands-language-set")
    ana = await home.people.find(ANA)
    assert ana is not None
    assert (ana.language, ana.language_chosen) == (language, True)


async def test_a_language_he_does_not_speak_is_answered_with_those_he_does(home: Household) -> None:
    answer = await home.ask("/language klingon", ANA)
    assert [choice.command for choice in answer.choices] == ["/language es", "/language en"]


async def test_two_accounts_become_one_person_with_a_code_and_a_yes(home: Household) -> None:
    ana = await home.meet(ANA)
    await home.meet(HER_DISCORD, name="ana_d")
    code = await link_code(home)
    asked = await home.ask(f"/link {code}", HER_DISCORD)
    assert "telegram:7" in asked.text
    before = await home.people.find(HER_DISCORD)
    assert before is not None
    assert before.id != ana.id, "nothing happens before the yes"
    done = await home.ask(asked.choices[0].command, HER_DISCORD)
    assert done.text == say("es", "commands-link-done", account="telegram:7")
    joined = await home.people.find(HER_DISCORD)
    assert joined is not None
    assert (joined.id, joined.accounts) == (ana.id, (ANA, HER_DISCORD))
    again = await home.ask(f"/link {code} yes", LUIS)
    assert again.text == say("es", "commands-link-wrong")


async def test_linked_accounts_share_their_private_memories(home: Household) -> None:
    await home.ask("/remember Toby nació en Cádiz", ANA)
    await home.ask(f"/link {await link_code(home)} yes", HER_DISCORD)
    assert "Toby" in (await home.ask("/memories", HER_DISCORD)).text


async def test_ones_own_code_links_nothing(home: Household) -> None:
    await home.meet(ANA)
    assert (await home.ask(f"/link {await link_code(home)}", ANA)).text == say("es", "commands-link-same")


async def test_a_wrong_or_old_code_links_nothing(home: Household) -> None:
    await home.meet(ANA)
    code = await link_code(home)
    assert (await home.ask("/link AAA-AAAAAA", LUIS)).text == say("es", "commands-link-wrong")
    assert (await home.ask("/link a b c", LUIS)).text == say("es", "commands-link-wrong")
    late = await home.run(message(f"/link {code} yes", LUIS), now=NOW + LIFE + timedelta(seconds=1))
    assert late[-1].text == say("es", "commands-link-wrong")


async def test_while_too_many_codes_are_open_there_are_no_more(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "OPEN_AT_ONCE", 0)
    assert (await home.ask("/link", ANA)).text == say("es", "commands-link-later")


async def test_an_account_is_separated_again(home: Household) -> None:
    ana = await home.meet(ANA)
    await home.meet(HER_DISCORD)
    await home.ask(f"/link {await link_code(home)} yes", HER_DISCORD)
    which = await home.ask("/link remove matrix", ANA)
    assert "telegram:7" in which.text
    await home.ask("/link remove discord", ANA)
    alone = await home.people.find(HER_DISCORD)
    assert alone is not None
    assert alone.id != ana.id
    only = await home.ask("/link remove telegram", ANA)
    assert only.text == say("es", "commands-link-remove-which", accounts="`telegram:7`")


async def test_a_persona_is_ones_own_in_a_direct_chat(home: Household) -> None:
    await home.ask("/persona Sé breve", ANA)
    ana, luis = await home.meet(ANA), await home.meet(LUIS)
    assert (ana.persona, luis.persona) == ("Sé breve", "")
    assert "Sé breve" in (await home.ask("/persona", ANA)).text
    await home.ask("/persona reset", ANA)
    assert (await home.meet(ANA)).persona == ""


async def test_a_groups_persona_is_its_administrators(home: Household) -> None:
    refused = await home.ask("/persona Habla como un pirata", ANA, chat=GROUP)
    assert refused.text == say("es", "commands-group-admins-only")
    home.town.administrators.add((GROUP.id, ANA.user_id))
    await home.ask("/persona Habla como un pirata", ANA, chat=GROUP)
    assert (await home.rooms.get("telegram", "-100")).persona == "Habla como un pirata"
    assert (await home.meet(ANA)).persona == ""


async def test_a_persona_that_would_crowd_out_the_conversation_is_refused(home: Household) -> None:
    answer = await home.ask("/persona " + "muy " * 600, ANA)
    assert answer.text == say("es", "commands-persona-long", limit=2000)
    assert (await home.meet(ANA)).persona == ""


async def link_code(home: Household) -> str:
    """A code made by Ana on Telegram, read off what she is shown."""
    shown = (await home.ask("/link", ANA)).text
    return shown.split("/link ")[1].split("`")[0]
