"""A server of OpenAI's chat completions over a real socket, and its failures."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.errors import ModelBroken, ModelBusy, ModelEmpty, ModelError, ModelMissing, ModelTimeout, ModelUnreachable
from bot.models.openai import OpenAIModel
from tests.bot.models.prompts import PNG, answered, ask, heard, said, seconds
from tests.fakes.ollama_server import Behaviour
from tests.fakes.openai_server import OpenAIServer


@asynccontextmanager
async def talking(
    behaviour: Behaviour | None = None, *, key: str = "", images: bool = False
) -> AsyncGenerator[tuple[OpenAIServer, OpenAIModel]]:
    async with (
        OpenAIServer("tiny", behaviour=behaviour, api_key="secret" if key else "") as server,
        OpenAIModel.open(server.url, name="tiny", context_tokens=2048, api_key=key, takes_images=images) as model,
    ):
        yield server, model


async def test_it_is_asked_in_order_and_with_a_limit() -> None:
    async with talking() as (server, model):
        assert await heard(model, ask("Hola", answered("¿Qué tal?"), "Bien")) == "Claro que sí."
    (body,) = server.requests
    assert body["max_tokens"] == 1024
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]


async def test_what_it_thinks_is_not_shown_in_either_form() -> None:
    async with talking(Behaviour(thinking="A ver", answers=["<think>Mmm</think>\n\nHola"])) as (_, model):
        assert await heard(model) == "Hola"


@pytest.mark.parametrize(
    ("behaviour", "error", "words"),
    [
        (Behaviour(error_at=1), ModelBroken, "out of memory"),
        (Behaviour(cut_at=1), ModelBroken, "broke off"),
        (Behaviour(garbage_at=1), ModelBroken, "broke off"),
        (Behaviour(hang_at=1), ModelTimeout, "fell silent"),
        (Behaviour(first_token=5), ModelTimeout, "no first word"),
        (Behaviour(answers=[""]), ModelEmpty, "without a word"),
        (Behaviour(busy=1000), ModelBusy, "busy"),
        (Behaviour(fail="kaputt"), ModelBroken, "kaputt"),
    ],
)
async def test_every_failure_has_its_name_and_its_mend(
    behaviour: Behaviour, error: type[ModelError], words: str
) -> None:
    async with talking(replace(behaviour)) as (_, model):
        with pytest.raises(error, match=words) as raised:
            await heard(model, limits=seconds(first=0.6, between=0.3))
        assert raised.value.hint


async def test_nobody_there_is_unreachable() -> None:
    async with OpenAIServer() as server:
        pass  # a port that was free a moment ago
    async with OpenAIModel.open(server.url, name="tiny", context_tokens=2048) as model:
        with pytest.raises(ModelUnreachable, match=r"model\.base_url"):
            await heard(model)


async def test_a_wrong_key_says_which_secret_to_set() -> None:
    async with talking(key="wrong") as (_, model):
        with pytest.raises(ModelUnreachable, match="MODEL_API_KEY"):
            await heard(model)
    async with talking(key="secret") as (_, model):
        assert await heard(model)


async def test_a_model_it_does_not_have_is_missing() -> None:
    async with talking() as (server, model):
        server.models.clear()
        with pytest.raises(ModelMissing, match=r"model\.name"):
            await heard(model)


async def test_a_busy_server_is_asked_again() -> None:
    async with talking(Behaviour(busy=1)) as (server, model):
        assert await heard(model)
    assert len(server.requests) == 2


async def test_whoever_stops_listening_stops_the_generation() -> None:
    async with talking(Behaviour(endless=True, tokens_per_second=100)) as (server, model):
        answer = model.stream(ask(), limits=seconds(tokens=100_000))
        await anext(answer)
        await answer.aclose()
        async with asyncio.timeout(5):
            while not server.disconnects:  # noqa: ASYNC110 — what is waited for happens in the server
                await asyncio.sleep(0.01)


async def test_pictures_go_as_data_urls_to_a_model_that_sees() -> None:
    async with talking(images=True) as (server, model):
        await heard(model, ask(said("¿Qué es?", images=(PNG,))))
    text, picture = server.requests[0]["messages"][-1]["content"]
    assert text == {"type": "text", "text": "¿Qué es?"}
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


async def test_counting_follows_what_the_server_counts() -> None:
    async with talking() as (_, model):
        text = "Una frase cualquiera, ni corta ni larga. " * 60
        before = model.count(text)
        for _ in range(30):
            await heard(model, ask(text))
        assert len(text.encode()) // 4 <= model.count(text) < before
