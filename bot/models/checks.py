"""What `martin doctor` asks about the model: is it there, has the server got it, would it answer.

Downloads nothing and loads nothing large.
"""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from bot.doctor import Finding, good, problem, warning
from bot.errors import ModelError
from bot.i18n import say
from bot.model import Limits, Prompt
from bot.models.ollama_shelf import OllamaShelf
from bot.models.openai import OpenAIModel
from memory.records import Role, Turn

ABOUT = "model"
GGUF = b"GGUF"  # how such a file begins


async def ollama(url: str, *, model: str, pull: bool, language: str) -> Sequence[Finding]:
    """Whether an Ollama answers at `url` and has `model`.

    Raises:
        ModelError: it does not answer.
    """
    async with OllamaShelf.open(url) as shelf:
        if await shelf.find(model) is not None:
            return [good(ABOUT, say(language, "doctor-model-ready", provider="Ollama", model=model))]
    text = say(language, "doctor-model-absent", provider="Ollama", model=model)
    if pull:
        return [warning(ABOUT, text, say(language, "doctor-model-pulls-mend", model=model))]
    return [problem(ABOUT, text, say(language, "doctor-model-absent-mend", model=model))]


async def openai(url: str, *, model: str, api_key: str, language: str) -> Sequence[Finding]:
    """Whether the compatible server at `url` begins to answer as `model`.

    Raises:
        ModelError: it does not.
    """
    hello = Turn(role=Role.USER, text="Hola", said_at=datetime.fromtimestamp(0, UTC))
    prompt = Prompt(system="", turns=[hello])
    async with (
        OpenAIModel.open(url, name=model, context_tokens=512, api_key=api_key) as server,
        aclosing(server.stream(prompt, limits=Limits(max_tokens=16))) as answer,
    ):
        await anext(answer, "")
    return [good(ABOUT, say(language, "doctor-model-ready", provider=url, model=model))]


def llamacpp(path: str, *, language: str) -> Sequence[Finding]:
    """Whether `path` is a GGUF."""
    try:
        with Path(path).open("rb") as file:
            is_gguf = file.read(len(GGUF)) == GGUF
    except OSError:
        is_gguf = False
    if is_gguf:
        return [good(ABOUT, say(language, "doctor-model-file", file=path))]
    text, mend = (say(language, f"doctor-model-file-absent{end}", file=path) for end in ("", "-mend"))
    return [problem(ABOUT, text, mend)]


async def auto(url: str, *, model: str, gguf: str, pull: bool, language: str) -> Sequence[Finding]:
    """What `auto` would choose now: Ollama, else the GGUF, else memory alone, which is no problem but a pity."""
    try:
        return await ollama(url, model=model, pull=pull, language=language)
    except ModelError:
        if gguf:
            return llamacpp(gguf, language=language)
    mend = say(language, "doctor-model-none-mend", model=model)
    return [warning(ABOUT, say(language, "doctor-model-none"), mend)]
