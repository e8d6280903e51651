"""Where models come from: opens one by provider and name, with what every one of them is given.

Knows no choice and no fallback; that is `switch`'s.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.model import ChatModel, Limits, Progress, Prompt
from bot.models.llamacpp import LlamaCppModel
from bot.models.ollama import OllamaModel
from bot.models.openai import OpenAIModel
from bot.models.recollection import RecollectionModel
from memory.records import Role, Turn

OLLAMA_URL = "http://127.0.0.1:11434"
_HUBS = ("hf.co/", "huggingface.co/")  # Ollama pulls from them, by names that may end in a file's
OPENAI_URL = "http://127.0.0.1:8080/v1"  # llama.cpp's own server


class Provider(StrEnum):
    AUTO = "auto"
    OLLAMA = "ollama"
    OPENAI = "openai"
    LLAMACPP = "llamacpp"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`base_url` empty means the provider's usual one. `report` hears how a first pull comes along."""

    base_url: str = ""
    api_key: str = field(default="", repr=False)
    context_tokens: int = 8192
    keep_alive: str = "30m"
    pulls: bool = True
    takes_images: bool = False  # only for `openai`, whose servers do not say
    parallel: int = 2  # answers at a time, only for `llamacpp`
    report: Callable[[Progress], None] | None = None

    @property
    def ollama_url(self) -> str:
        return self.base_url or OLLAMA_URL

    def open(self, provider: Provider, name: str) -> AbstractAsyncContextManager[ChatModel]:
        """The model, until the end of the block.

        Raises:
            ModelError: on entering, where it cannot be had (only `llamacpp` looks before the first answer).
        """
        match provider:
            case Provider.OLLAMA:
                return OllamaModel.open(
                    self.ollama_url,
                    name=name,
                    context_tokens=self.context_tokens,
                    api_key=self.api_key,
                    keep_alive=self.keep_alive,
                    pulls=self.pulls,
                    report=self.report,
                )
            case Provider.OPENAI:
                return OpenAIModel.open(
                    self.base_url or OPENAI_URL,
                    name=name,
                    context_tokens=self.context_tokens,
                    api_key=self.api_key,
                    takes_images=self.takes_images,
                )
            case Provider.LLAMACPP:
                path = Path(name).expanduser()
                return LlamaCppModel.open(path, context_tokens=self.context_tokens, parallel=self.parallel)
            case _:
                return _recollection()


def is_gguf(name: str) -> bool:
    """Whether a model's name is a file's, and not one of a server's."""
    if name.startswith(_HUBS):
        return False
    return name.endswith(".gguf") or (bool(name) and Path(name).expanduser().is_file())


async def tried(model: ChatModel, *, limits: Limits) -> None:
    """Have the model say a few words.

    Raises:
        ModelError: it cannot.
    """
    said_at = datetime.min.replace(tzinfo=UTC)  # nothing reads it
    prompt = Prompt(system="", turns=[Turn(role=Role.USER, text="Hola, ¿qué tal?", said_at=said_at)])
    async for _ in model.stream(prompt, limits=limits):
        pass


@asynccontextmanager
async def _recollection() -> AsyncGenerator[ChatModel]:
    yield RecollectionModel()
