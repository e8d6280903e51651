"""/remember /memories /forget /export."""

import json
from datetime import UTC, datetime

import pytest

from bot.commands.memories import COMMAND_BYTES
from bot.i18n import LANGUAGES, say
from memory.records import Scope
from tests.fakes.household import GROUP, Household, message, telegram

ANA, LUIS = telegram("7"), telegram("8")


async def test_what_is_to_be_remembered_is_written_and_indexed_in_its_scope(home: Household) -> None:
    ana = await home.meet(ANA)
    answer = await home.ask("/remember Mi perro se llama Toby\ny es de Cádiz", ANA)
    memory = home.indexed[0]
    assert memory.text == "Mi perro se llama Toby\ny es de Cádiz"
    assert (memory.scope, memory.person) == (Scope.person(ana.id), ana.id)
    assert str(memory.id) in answer.text
    assert [choice.command for choice in answer.choices] == [f"/forget #{memory.id}"]


async def test_in_a_group_it_is_the_groups(home: Household) -> None:
    await home.ask("/remember Quedamos los jueves", ANA, chat=GROUP)
    assert home.indexed[0].scope == Scope.place("telegram", "-100")


async def test_a_command_that_runs_again_after_a_crash_remembers_once(home: Household) -> None:
    said = message("/remember Toby", ANA)
    await home.visit(said.chat)
    await home.run(said)
    await home.run(said)
    assert len({memory.id for memory in home.indexed}) == 1


async def test_remember_asks_what(home: Household) -> None:
    assert (await home.ask("/remember  ", ANA)).text == say("es", "commands-remember-what")


async def test_memories_are_ones_own_and_of_this_scope(home: Household) -> None:
    await home.ask("/remember lo mío", ANA)
    await home.ask("/remember lo suyo", LUIS)
    await home.ask("/remember lo de todos", ANA, chat=GROUP)
    mine = (await home.ask("/memories", ANA)).text
    ours = (await home.ask("/memories", ANA, chat=GROUP)).text
    assert "lo mío" in mine
    assert "lo suyo" not in mine
    assert "lo de todos" not in mine
    assert "lo de todos" in ours
    assert "lo mío" not in ours


async def test_memories_come_in_pages_with_a_button_to_forget_each(home: Household) -> None:
    for number in range(1, 8):
        await home.ask(f"/remember cosa {number}", ANA)
    first = await home.ask("/memories", ANA)
    assert "7" in first.text
    assert "cosa 7" in first.text
    assert "cosa 2" not in first.text
    assert [choice.command for choice in first.choices[:2]] == ["/forget #7", "/forget #6"]
    assert first.choices[-1].command == "/memories 2"
    second = await home.ask(first.choices[-1].command, ANA)
    assert "cosa 2" in second.text
    assert [choice.command for choice in second.choices] == ["/forget #2", "/forget #1"]
    assert (await home.ask("/memories 3", ANA)).text == say("es", "commands-memories-none", words="")


async def test_memories_are_searched_whatever_the_accents(home: Household) -> None:
    for number in range(12):
        await home.ask(f"/remember Cádiz {number}", ANA)
    await home.ask("/remember Soria", ANA)
    found = await home.ask("/memories cadiz", ANA)
    assert "12" in found.text
    assert "Soria" not in found.text
    assert found.choices[-1].command == "/memories 2 cadiz"
    assert "Cádiz 5" in (await home.ask("/memories 2 cadiz", ANA)).text
    assert "Zamora" in (await home.ask("/memories Zamora", ANA)).text


async def test_a_button_too_long_for_a_platform_is_left_out(home: Household) -> None:
    word = "ñ" * 40
    for _ in range(6):
        await home.ask(f"/remember {word}", ANA)
    answer = await home.ask(f"/memories {word}", ANA)
    assert all(len(choice.command.encode()) <= COMMAND_BYTES for choice in answer.choices)


async def test_one_memory_is_forgotten_by_its_number(home: Household) -> None:
    ana = await home.meet(ANA)
    await home.ask("/remember Toby", ANA)
    turn = home.indexed[0].id
    answer = await home.ask(f"/forget {turn}", ANA)
    assert answer.text == say("es", "commands-forgot-one", number=str(turn))
    assert home.oblivion.asked == [
        {"person": ana.id, "scope": Scope.person(ana.id), "turns": (turn,), "since": None, "until": None}
    ]


@pytest.mark.parametrize("chat", [None, GROUP])
async def test_nobody_forgets_what_is_not_theirs_or_not_from_here(home: Household, chat: object) -> None:
    await home.ask("/remember Toby", ANA)
    thief = LUIS if chat is None else ANA
    answer = await home.ask(f"/forget #{home.indexed[0].id}", thief, chat=chat)
    assert answer.text == say("es", "commands-forget-not-found", number="1")
    assert home.oblivion.asked == []


@pytest.mark.parametrize(
    ("language", "word", "sure"),
    [("es", "hoy", "aquí el 20 de mayo de 2026,"), ("en", "today", "here on May 20, 2026,")],
)
async def test_days_are_forgotten_once_confirmed(home: Household, language: str, word: str, sure: str) -> None:
    await home.meet(ANA, language=language)
    await home.ask("/remember Toby", ANA)
    asked = await home.ask(f"/forget {word}", ANA)
    assert sure in asked.text
    assert home.oblivion.asked == []
    assert [choice.command for choice in asked.choices] == ["/forget 2026-05-20..2026-05-20 yes"]
    await home.ask(asked.choices[0].command, ANA)
    assert home.oblivion.asked[0]["since"] == datetime(2026, 5, 19, 22, tzinfo=UTC), "midnight in Madrid"
    assert home.oblivion.asked[0]["until"] == datetime(2026, 5, 20, 22, tzinfo=UTC)


async def test_days_without_a_memory_are_nothing_to_forget(home: Household) -> None:
    answer = await home.ask("/forget 2020-02", ANA)
    assert "1 de febrero de 2020" in answer.text
    assert not answer.choices


@pytest.mark.parametrize("word", ["everything", "todo", "ALL"])
async def test_everything_is_forgotten_once_confirmed(home: Household, word: str) -> None:
    ana = await home.meet(ANA)
    asked = await home.ask(f"/forget {word}", ANA)
    assert [choice.command for choice in asked.choices] == ["/forget everything yes"]
    assert home.oblivion.persons == []
    answer = await home.ask("/forget everything yes", ANA)
    assert home.oblivion.persons == [ana.id]
    assert answer.text == say("es", "commands-forgot", count=7)


async def test_everything_in_a_group_is_what_was_said_there(home: Household) -> None:
    ana = await home.meet(ANA)
    await home.ask("/forget todo sí", ANA, chat=GROUP)
    assert home.oblivion.persons == []
    assert home.oblivion.asked[0] == {
        "person": ana.id,
        "scope": Scope.place("telegram", "-100"),
        "turns": (),
        "since": None,
        "until": None,
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("said", ["", "algo raro", "2026-13", "31/02/2026", "2026-05..2026-04", "yes"])
async def test_what_it_does_not_understand_it_does_not_forget(home: Household, said: str, language: str) -> None:
    await home.meet(ANA, language=language)
    answer = await home.ask(f"/forget {said}", ANA)
    assert answer.text == say(language, "commands-forget-what")
    assert home.oblivion.asked == []


async def test_a_year_is_a_year_and_a_numbered_memory_has_its_mark(home: Household) -> None:
    assert "2026" in (await home.ask("/forget 2026", ANA)).text
    assert (await home.ask("/forget #2026", ANA)).text == say("es", "commands-forget-not-found", number="2026")


async def test_export_is_two_files_for_their_owner(home: Household) -> None:
    ana = await home.meet(ANA)
    answer = await home.ask("/export", ANA)
    assert answer.private
    readable, data = answer.files
    assert (readable.name, data.name) == ("martin-2026-05-20.html", "martin-2026-05-20.json")
    assert json.loads(data.content)["person"]["id"] == ana.id
    assert b"<h1>" in readable.content
