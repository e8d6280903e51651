"""Ollama over a real socket: what it is asked, and every way in which it can fail."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from bot.errors import (
    ModelBroken,
    ModelBusy,
    ModelEmpty,
    ModelError,
    ModelMissing,
    ModelTimeout,
    ModelUnreachable,
)
from bot.model import Progress
from bot.models.ollama import OllamaModel
from tests.bot.models.prompts import PNG, answered, ask, heard, said, seconds
from tests.fakes.ollama_server import Behaviour, OllamaServer, Stored, digest_of, tagged


@asynccontextmanager
async def talking(
    behaviour: Behaviour | None = None,
    *,
    stored: bool = True,
    report: Callable[[Progress], None] | None = None,
    pulls: bool = True,
) -> AsyncGenerator[tuple[OllamaServer, OllamaModel]]:
    async with (
        OllamaServer(*(["tiny"] if stored else []), behaviour=behaviour) as server,
        OllamaModel.open(server.url, name="tiny", context_tokens=2048, report=report, pulls=pulls) as model,
    ):
        yield server, model


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 — what is waited for happens in the server, which knows no test
            await asyncio.sleep(0.01)


async def test_it_is_asked_with_a_context_a_limit_and_no_thinking() -> None:
    async with talking() as (server, model):
        assert await heard(model, ask("Hola", answered("¿Qué tal?"), "Bien")) == "Claro que sí."
    (body,) = server.bodies("/api/chat")
    assert body["options"] == {"num_ctx": 2048, "num_predict": 1024}
    assert body["think"] is False
    assert body["keep_alive"] == "30m"
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(("keep_alive", "sent"), [("-1", -1), ("0", 0), ("5m", "5m")])
async def test_how_long_it_stays_loaded_is_said_as_ollama_reads_it(keep_alive: str, sent: object) -> None:
    async with (
        OllamaServer("tiny") as server,
        OllamaModel.open(server.url, name="tiny", context_tokens=2048, keep_alive=keep_alive) as model,
    ):
        await heard(model)
    assert server.bodies("/api/chat")[0]["keep_alive"] == sent


async def test_what_it_thinks_is_not_shown_in_either_form() -> None:
    behaviour = Behaviour(thinking="A ver, qué digo yo", answers=["<think>Mmm</think>\n\nHola"])
    async with talking(behaviour) as (_, model):
        assert await heard(model) == "Hola"


async def test_a_model_that_only_thinks_has_said_nothing() -> None:
    async with talking(Behaviour(thinking="A ver", answers=[""])) as (_, model):
        with pytest.raises(ModelEmpty):
            await heard(model)


async def test_a_long_answer_comes_whole() -> None:
    long = "palabra " * 1500
    async with talking(Behaviour(answers=[long])) as (_, model):
        assert await heard(model, limits=seconds(tokens=4000)) == long


async def test_a_server_that_never_ends_is_cut_at_the_limit() -> None:
    async with talking(Behaviour(endless=True, answers=["bla bla"])) as (server, model):
        assert (await heard(model, limits=seconds(tokens=40))).count("bla") == 40
        await until(lambda: server.active == 0)


@pytest.mark.parametrize(
    ("behaviour", "error", "words"),
    [
        (Behaviour(error_at=1), ModelBroken, "runner process has terminated"),
        (Behaviour(error_at=0), ModelBroken, "runner process has terminated"),
        (Behaviour(cut_at=1), ModelBroken, "broke off"),
        (Behaviour(cut_at=0), ModelBroken, "broke off"),
        (Behaviour(garbage_at=1), ModelBroken, "not JSON"),
        (Behaviour(hang_at=0), ModelTimeout, "no first word"),
        (Behaviour(hang_at=1), ModelTimeout, "fell silent"),
        (Behaviour(answers=[""]), ModelEmpty, "without a word"),
        (Behaviour(busy=1000), ModelBusy, "busy"),
        (Behaviour(slots=0, queue=0), ModelBusy, "busy"),
        (Behaviour(fail="model requires more system memory (9 GiB) than is available"), ModelBroken, "cannot load"),
        (Behaviour(fail="unexpected EOF"), ModelBroken, "unexpected EOF"),
    ],
)
async def test_every_failure_has_its_name_and_its_mend(
    behaviour: Behaviour, error: type[ModelError], words: str
) -> None:
    async with talking(replace(behaviour)) as (server, model):
        with pytest.raises(error, match=words) as raised:
            await heard(model, limits=seconds(first=0.6, between=0.3))
        assert raised.value.hint
        await until(lambda: server.active == 0)


async def test_what_came_before_a_failure_was_shown() -> None:
    async with talking(Behaviour(answers=["uno dos tres"], cut_at=2)) as (_, model):
        answer = model.stream(ask(), limits=seconds())
        assert [await anext(answer), await anext(answer)] == ["uno", " dos"]
        with pytest.raises(ModelBroken):
            await anext(answer)


async def test_nobody_there_is_unreachable_and_says_how_to_start_it() -> None:
    async with OllamaServer() as server:
        pass  # a port that was free a moment ago
    async with OllamaModel.open(server.url, name="tiny", context_tokens=2048) as model:
        with pytest.raises(ModelUnreachable, match="ollama serve"):
            await heard(model)


async def test_a_server_that_goes_away_between_two_answers_is_unreachable() -> None:
    async with talking() as (server, model):
        await heard(model)
        await server.__aexit__(None, None, None)
        with pytest.raises(ModelUnreachable):
            await heard(model)


async def test_a_busy_server_is_asked_again() -> None:
    async with talking(Behaviour(busy=2)) as (server, model):
        assert await heard(model)
    assert len(server.bodies("/api/chat")) == 3


async def test_a_cold_model_is_waited_for() -> None:
    async with talking(Behaviour(load=0.3)) as (_, model):
        with pytest.raises(ModelTimeout):
            await heard(model, limits=seconds(first=0.1))
        assert await heard(model, limits=seconds(first=3, between=0.1))


async def test_whoever_stops_listening_stops_the_generation() -> None:
    async with talking(Behaviour(endless=True, tokens_per_second=100)) as (server, model):
        answer = model.stream(ask(), limits=seconds(tokens=100_000))
        await anext(answer)
        assert server.active == 1
        await answer.aclose()
        await until(lambda: server.disconnects == 1 and server.active == 0)


async def test_two_hundred_and_fifty_six_answers_stream_at_once() -> None:
    async with talking(Behaviour(answers=["uno dos tres"], first_token=6.0)) as (server, model):
        heard_all = await asyncio.gather(*(heard(model) for _ in range(256)))
    assert set(heard_all) == {"uno dos tres"}
    assert server.most_active == 256


async def test_a_missing_model_is_pulled_once_for_all_who_ask() -> None:
    reported: list[Progress] = []
    async with talking(stored=False, report=reported.append) as (server, model):
        server.registry[tagged("tiny")] = Stored(digest=digest_of("1"))
        # Longer than a first word may take: pulling does not count.
        server.behaviour.pull_pause = 0.2
        answers = await asyncio.gather(*(heard(model, limits=seconds(first=0.3)) for _ in range(3)))
    assert set(answers) == {"Claro que sí."}
    assert len(server.bodies("/api/pull")) == 1
    assert reported[-1].status == "success"
    assert max(progress.completed for progress in reported) == max(progress.total for progress in reported) > 0


async def test_a_model_nobody_has_is_missing_and_says_how_to_get_one() -> None:
    async with talking(stored=False) as (_, model):
        with pytest.raises(ModelMissing, match=r"ollama\.com/library"):
            await heard(model)


async def test_a_missing_model_is_not_pulled_where_that_is_turned_off() -> None:
    async with talking(stored=False, pulls=False) as (server, model):
        with pytest.raises(ModelMissing):
            await heard(model)
    assert server.bodies("/api/pull") == []


async def test_a_model_that_was_removed_meanwhile_is_pulled_by_the_next_question() -> None:
    async with talking() as (server, model):
        await heard(model)
        server.registry = {tagged("tiny"): server.models.pop(tagged("tiny"))}
        with pytest.raises(ModelMissing):
            await heard(model)
        assert await heard(model)


async def test_a_pull_that_fails_is_told() -> None:
    async with talking(Behaviour(pull_error="no space left on device"), stored=False) as (server, model):
        server.registry[tagged("tiny")] = Stored(digest=digest_of("1"))
        with pytest.raises(ModelBroken, match="no space left"):
            await heard(model)


async def test_pictures_go_to_a_model_that_sees_and_to_no_other() -> None:
    for capabilities, expected in ((("completion", "vision"), 1), (("completion",), 0)):
        async with talking() as (server, model):
            server.models[tagged("tiny")].capabilities = capabilities
            await heard(model, ask(said("¿Qué es?", images=(PNG,))))
            assert model.info.takes_images is bool(expected)
            assert len(server.bodies("/api/chat")[0]["messages"][-1].get("images", [])) == expected


async def test_counting_follows_what_the_server_counts() -> None:
    async with talking() as (_, model):
        text = "Una frase cualquiera, ni corta ni larga. " * 60
        before = model.count(text)
        for _ in range(30):
            await heard(model, ask(text))
        size = len(text.encode())
        assert size // 4 <= model.count(text) < before


async def test_the_strict_server_refuses_what_the_real_one_does_not_know() -> None:
    async with OllamaServer("tiny") as server, aiohttp.ClientSession(server.url) as session:
        bodies: tuple[dict[str, object], ...] = (
            {"model": "tiny", "mesages": []},
            {"model": "tiny", "messages": [{"role": "bot", "content": "x"}]},
            {"model": "tiny", "messages": [], "options": {"num_ctx": "2048"}},
            {"model": "tiny", "messages": [], "keep_alive": "soon"},
            {"messages": []},
        )
        for body in bodies:
            async with session.post("/api/chat", json=body) as response:
                assert response.status == 400, body


async def test_the_strict_server_takes_blobs_only_with_their_digest_and_creates_from_them() -> None:
    async with OllamaServer() as server, aiohttp.ClientSession(server.url) as session:
        digest = digest_of("pesos")
        async with session.post(f"/api/blobs/{digest}", data=b"otros") as refused:
            assert refused.status == 400
        create = {"model": "mine", "files": {"m.gguf": digest}, "stream": True}
        async with session.post("/api/create", json=create) as refused:
            assert refused.status == 400
        async with session.post(f"/api/blobs/{digest}", data=b"pesos") as taken:
            assert taken.status == 201
        async with session.head(f"/api/blobs/{digest}") as there:
            assert there.status == 200
        async with session.post("/api/create", json=create) as created:
            assert (await created.text()).strip().endswith('{"status": "success"}')
        assert tagged("mine") in server.models


async def test_the_strict_server_loads_and_unloads() -> None:
    async with OllamaServer("tiny") as server, aiohttp.ClientSession(server.url) as session:
        for keep_alive, loaded in (("50ms", 1), (0, 0)):
            async with session.post(
                "/api/chat", json={"model": "tiny", "messages": [], "keep_alive": keep_alive}
            ) as done:
                assert (await done.json())["done_reason"] == "load"
            await asyncio.sleep(0.01)
            async with session.get("/api/ps") as listed:
                assert len((await listed.json())["models"]) == loaded
