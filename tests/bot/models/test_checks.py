"""What doctor says of the model, over the strict servers."""

from pathlib import Path

import pytest

from bot.doctor import Level
from bot.errors import ModelMissing, ModelUnreachable
from bot.models import checks
from tests.fakes.ollama_server import OllamaServer
from tests.fakes.openai_server import OpenAIServer

NOWHERE = "http://127.0.0.1:9"


async def test_a_model_that_ollama_has_is_good() -> None:
    async with OllamaServer("gemma3:4b") as server:
        (found,) = await checks.ollama(server.url, model="gemma3:4b", pull=False, language="es")
    assert (found.level, found.mend) == (Level.GOOD, "")


@pytest.mark.parametrize(("pull", "level"), [(True, Level.WARNING), (False, Level.PROBLEM)])
async def test_a_model_that_is_missing_is_a_problem_only_where_it_is_not_pulled(pull: bool, level: Level) -> None:
    async with OllamaServer("other:1b") as server:
        (found,) = await checks.ollama(server.url, model="gemma3:4b", pull=pull, language="en")
    assert found.level is level
    assert "ollama pull gemma3:4b" in found.mend


async def test_no_ollama_where_it_was_asked_for_is_an_error_with_its_mend() -> None:
    with pytest.raises(ModelUnreachable) as caught:
        await checks.ollama(NOWHERE, model="gemma3:4b", pull=True, language="es")
    assert caught.value.hint


async def test_a_compatible_server_is_asked_for_one_word() -> None:
    async with OpenAIServer("qwen") as server:
        (found,) = await checks.openai(server.url, model="qwen", api_key="", language="es")
        assert found.level is Level.GOOD
        with pytest.raises(ModelMissing):
            await checks.openai(server.url, model="other", api_key="", language="es")


def test_a_gguf_is_known_by_how_it_begins(tmp_path: Path) -> None:
    whole, page = tmp_path / "model.gguf", tmp_path / "page.gguf"
    whole.write_bytes(b"GGUF\x03\x00")
    page.write_bytes(b"<html>")
    levels = [checks.llamacpp(str(path), language="es")[0].level for path in (whole, page, tmp_path / "none.gguf")]
    assert levels == [Level.GOOD, Level.PROBLEM, Level.PROBLEM]


async def test_auto_without_ollama_looks_at_the_gguf_and_at_last_says_how_to_get_a_model(tmp_path: Path) -> None:
    whole = tmp_path / "model.gguf"
    whole.write_bytes(b"GGUF")
    (found,) = await checks.auto(NOWHERE, model="gemma3:4b", gguf=str(whole), pull=True, language="es")
    assert found.level is Level.GOOD
    (found,) = await checks.auto(NOWHERE, model="gemma3:4b", gguf="", pull=True, language="es")
    assert found.level is Level.WARNING
    assert "ollama pull gemma3:4b" in found.mend
