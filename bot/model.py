"""The port to whatever writes the answers.

Implementations live in `bot/models/`: `ollama`, `openai`, `llamacpp`, and `recollection`, which has no model and
answers from memory. `switch` picks among them while Martín runs.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from memory.records import Hit, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Everything a model is given for one answer, before it becomes any provider's chat format.

    `system` is persona and rules, with the memories rendered as quoted data; `memories` are the same hits as values,
    for the model that has no words of its own. `turns` run oldest first and end with the message to answer.
    """

    system: str
    turns: Sequence[Turn]
    memories: Sequence[Hit] = ()
    language: str = "es"  # of the person who asks
    speaker_labels: bool = False  # several people: each user turn is prefixed with its stable speaker label


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may be and may take."""

    max_tokens: int = 1024
    first_token: timedelta = timedelta(seconds=120)  # a cold load of a large model is within it
    between_tokens: timedelta = timedelta(seconds=30)
    total: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What is answering now: goes into every exchange's record."""

    provider: str  # "ollama", "openai", "llamacpp", "none"
    name: str
    adapter: str = ""  # LoRA in use; empty for the base
    takes_images: bool = False


class ChatModel(Protocol):
    """Writes one answer, a piece at a time."""

    @property
    def info(self) -> ModelInfo: ...

    def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        """Yield the answer's text as it comes. Closing the generator stops the model.

        Ends normally when the model is done or `max_tokens` is reached.

        Raises:
            ModelError: one of its kinds, before the first piece or between two.
        """
        ...

    def count(self, text: str) -> int:
        """Tokens in `text`: by the model's tokenizer, or an estimate calibrated on its own counts. Never blocks."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pull has come. `total` is 0 where the server does not say."""

    status: str
    completed: int = 0  # bytes
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A model that could be chosen."""

    name: str
    size: int = 0  # bytes; 0 where unknown
    details: str = ""
    chosen: bool = field(default=False)


class ModelCatalogue(Protocol):
    """What the admin's `/model` asks of whoever holds the models."""

    async def list(self) -> Sequence[Listed]: ...

    def choose(self, name: str) -> AsyncGenerator[Progress]:
        """Serve `name` from now on; pulled first if it is missing. Raises ModelError, leaving the old one serving."""
        ...

    def update(self) -> AsyncGenerator[Progress]:
        """Pull the newer version of the model in use and try it before it serves. Raises ModelError likewise."""
        ...
