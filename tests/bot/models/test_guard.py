"""Every stream in time, not empty, not endless."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.errors import ModelEmpty, ModelTimeout
from bot.models.guard import guarded
from tests.bot.models.prompts import ask, heard, seconds
from tests.fakes.model import Script, ScriptedModel


async def test_no_first_word_in_time_is_told_as_such() -> None:
    with pytest.raises(ModelTimeout, match="no first word"):
        await heard(ScriptedModel(Script(text="tarde", first=5)), limits=seconds(first=0.05))


async def test_silence_between_two_words_is_told_as_such_and_what_came_stands() -> None:
    answer = ScriptedModel(Script(text="uno dos", hangs=True)).stream(ask(), limits=seconds(between=0.05))
    assert [await anext(answer), await anext(answer)] == ["uno", " dos"]
    with pytest.raises(ModelTimeout, match="fell silent"):
        await anext(answer)


async def test_an_answer_that_never_ends_is_ended() -> None:
    with pytest.raises(ModelTimeout, match="was not done"):
        await heard(ScriptedModel(Script(text="bla " * 100, between=0.02)), limits=seconds(total=0.1))


async def test_an_answer_of_white_space_is_empty() -> None:
    with pytest.raises(ModelEmpty):
        await heard(ScriptedModel("  \n "))


async def test_a_model_that_thinks_unseen_is_not_late() -> None:
    async def thinking() -> AsyncGenerator[str]:
        for _ in range(5):
            await asyncio.sleep(0.04)
            yield ""
        yield "\n Hola"

    pieces = guarded(thinking(), limits=seconds(first=0.1, between=0.1), name="It")
    assert [piece async for piece in pieces] == ["Hola"]


async def test_whoever_stops_listening_stops_the_model() -> None:
    model = ScriptedModel(Script(text="uno dos tres", between=0.01))
    answer = model.stream(ask(), limits=seconds())
    await anext(answer)
    await answer.aclose()
    assert (model.stopped, model.active) == (1, 0)


async def test_a_timeout_stops_the_model_too() -> None:
    model = ScriptedModel(Script(text="uno", hangs=True))
    with pytest.raises(ModelTimeout):
        await heard(model, limits=seconds(between=0.02))
    assert (model.stopped, model.active) == (1, 0)
