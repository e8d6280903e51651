"""llama.cpp for real, in this process, on the tiny model."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from bot.errors import ModelBroken, ModelMissing, ModelTimeout
from bot.models.llamacpp import LlamaCppModel
from tests.bot.models.prompts import answered, ask, heard, seconds
from tests.fakes.tiny_llama import tiny_llama

pytestmark = pytest.mark.timeout(600)  # whoever comes first trains the tiny model, on a machine that may be busy


@pytest.fixture(scope="module")
def path() -> Path:
    return tiny_llama()


@asynccontextmanager
async def loaded(path: Path, *, parallel: int = 2, **options: object) -> AsyncGenerator[LlamaCppModel]:
    async with LlamaCppModel.open(
        path, context_tokens=1024, parallel=parallel, options={"temperature": 0, **options}
    ) as model:
        yield model


async def test_it_knows_what_it_was_taught_in_both_languages(path: Path) -> None:
    async with loaded(path) as model:
        assert await heard(model, ask("¿Quién eres?")) == "Soy Martín, y vivo en tu ordenador."
        assert "Paris" in await heard(model, ask("What is the capital of France?", system=""))


async def test_what_was_said_before_reaches_it(path: Path) -> None:
    async with loaded(path) as model:
        turns = ask("Hola", answered("¡Hola! ¿Qué tal estás?"), "¿Cuál es la capital de España?")
        assert "Madrid" in await heard(model, turns)


async def test_it_ends_at_the_most_tokens_it_may_have(path: Path) -> None:
    async with loaded(path) as model:
        assert await heard(model, ask("Cuenta hasta treinta"), seconds(tokens=5)) == "1 2 3 4 5"


async def test_whoever_stops_listening_stops_the_model(path: Path) -> None:
    async with loaded(path, parallel=1, ignore_eos=True) as model:
        answer = model.stream(ask("Cuenta hasta treinta"), limits=seconds(tokens=1_000_000))
        await anext(answer)
        await answer.aclose()
        # The only slot is free again: an answer that were still being written would hold it.
        assert await heard(model, ask("¿Quién eres?"), seconds(tokens=3, first=2))


async def test_an_answer_without_end_is_ended(path: Path) -> None:
    async with loaded(path, ignore_eos=True) as model:
        with pytest.raises(ModelTimeout):
            await heard(model, ask("Hola"), seconds(tokens=1_000_000, total=0.02))


async def test_more_ask_than_there_are_slots_and_all_are_answered(path: Path) -> None:
    async with loaded(path, parallel=2) as model:
        answers = await asyncio.gather(*(heard(model, ask("¿De qué color es el cielo?")) for _ in range(30)))
    assert set(answers) == {"El cielo es azul."}


async def test_tokens_are_counted_by_its_own_tokenizer_while_it_writes(path: Path) -> None:
    async with loaded(path, parallel=1, ignore_eos=True) as model:
        one = model.count("Hola")
        answer = model.stream(ask("Cuenta hasta treinta"), limits=seconds(tokens=1_000_000))
        await anext(answer)
        assert model.count("Hola") == one == 1  # counted from the cache, and the same
        assert model.count("Hola Hola Hola") == 1 + 2 * model.count(" Hola")
        await answer.aclose()


async def test_without_its_tokenizer_it_still_counts(path: Path) -> None:
    async with loaded(path) as model:
        model._socket_path.unlink()
        assert model.count("Hola, ¿qué tal?") > 1


async def test_a_prompt_longer_than_the_context_is_told_as_such(path: Path) -> None:
    async with loaded(path) as model:
        with pytest.raises(ModelBroken, match=r"model\.context_tokens"):
            await heard(model, ask("hola " * 5000))


async def test_it_opens_no_port_and_its_socket_is_nobody_elses(path: Path) -> None:
    before = _ports()
    async with loaded(path) as model:
        assert _ports() == before
        folder = model._socket_path.parent
        assert _mode(folder) == 0o700
    assert _mode(folder) is None


async def test_no_such_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"model\.name"):
        async with loaded(tmp_path / "none.gguf"):
            pass


@pytest.mark.parametrize("content", [b"", b"GG", b"<html>not found</html>"])
async def test_a_file_that_is_no_gguf_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(ModelBroken, match="is no GGUF"):
        async with loaded(tmp_path / "model.gguf"):
            pass


@pytest.mark.parametrize("kept", [4, 200, 30_000, -5000])
async def test_half_a_gguf_is_broken_and_ends_nothing(path: Path, tmp_path: Path, kept: int) -> None:
    (tmp_path / "model.gguf").write_bytes((await asyncio.to_thread(path.read_bytes))[:kept])
    with pytest.raises(ModelBroken, match="Download it again"):
        async with loaded(tmp_path / "model.gguf"):
            pass


def test_importing_it_does_not_load_the_library() -> None:
    code = "import sys, bot.models.switch; print('xllamacpp' in sys.modules, 'openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def _mode(folder: Path) -> int | None:
    return stat.S_IMODE(folder.stat().st_mode) if folder.exists() else None


def _ports() -> set[object]:
    return {each.laddr for each in psutil.Process().net_connections("inet") if each.status == "LISTEN"}
