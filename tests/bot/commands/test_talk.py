"""/start /help /new /stop /retry."""

import pytest
from sqlalchemy import select

from bot.i18n import LANGUAGES, say
from memory.schema import conversations
from tests.fakes.household import GROUP, OWNER, Household, direct, telegram

ANA = telegram("7")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_start_says_who_he_is_and_what_next(home: Household, language: str) -> None:
    await home.meet(ANA, language=language)
    answer = await home.ask("/start", ANA)
    assert "Martín" in answer.text
    assert [choice.command for choice in answer.choices] == ["/help"]


@pytest.mark.parametrize(("language", "word"), [("es", "TEXTO"), ("en", "TEXT")])
async def test_help_lists_what_works_here_in_ones_language(home: Household, language: str, word: str) -> None:
    await home.meet(ANA, language=language)
    in_direct = (await home.ask("/help", ANA)).text
    in_group = (await home.ask("/help", ANA, chat=GROUP)).text
    assert f"`/remember {word}`" in in_direct
    assert "/export" in in_direct
    assert "`/export" not in in_group


async def test_help_about_one_command(home: Household) -> None:
    assert (await home.ask("/help /new", ANA)).text.startswith("`/new`")
    assert "/model" in (await home.ask("/help model", OWNER)).text
    assert "`/model" not in (await home.ask("/help model", ANA)).text


async def test_new_hides_what_was_said_and_keeps_it(home: Household) -> None:
    await home.ask("/remember Toby nació en Cádiz", ANA)
    await home.ask("/remember Luna nació en Soria", telegram("8"))
    await home.ask("/new", ANA)
    async with home.database.reading() as connection:
        rows = await connection.execute(select(conversations.c.key, conversations.c.starts_after))
        begins = {row.key: row.starts_after for row in rows}
    assert begins[direct(ANA).key] == 1, "its own last turn, not another's"
    assert begins[direct(telegram("8")).key] == 0
    assert "Toby" in (await home.ask("/memories", ANA)).text


async def test_stop_says_whether_there_was_anything_to_stop(home: Household) -> None:
    home.town.answering = True
    assert (await home.ask("/stop", ANA)).text == say("es", "commands-stopped")
    assert (await home.ask("/stop", ANA)).text == say("es", "commands-nothing-to-stop")


async def test_retry_leaves_the_word_to_the_new_answer(home: Household) -> None:
    assert (await home.ask("/retry", ANA)).text == say("es", "commands-nothing-to-retry")
    home.town.asked_before = True
    assert (await home.ask("/retry", ANA)).text == ""
    assert [said.author.account for said in home.town.retried] == [ANA]
