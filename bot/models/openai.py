"""Answers from any server that speaks OpenAI's chat completions: llama.cpp's, vLLM, LM Studio, or OpenAI itself.

The one place that imports the `openai` library, and only when it is chosen: importing it takes half a second.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING, cast

from bot.errors import ModelBroken, ModelBusy, ModelError, ModelMissing, ModelUnreachable
from bot.model import Limits, ModelInfo, Prompt
from bot.models.calibration import Calibration
from bot.models.guard import guarded
from bot.models.rendering import ChatMessage, rendered
from bot.models.thinking import ThoughtFilter

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds between two tries at a busy server
_LISTING = 10.0  # seconds
_BUSY = (429, 502, 503, 504, 529)


class OpenAIModel:
    """One model of one compatible server. The server's own context length is what it is: nothing here can set it."""

    def __init__(
        self, client: "openai.AsyncOpenAI", *, name: str, base_url: str, context_tokens: int, takes_images: bool
    ) -> None:
        self._client = client
        self._base_url = base_url
        self._context_tokens = context_tokens
        self._calibration = Calibration()
        self.info = ModelInfo(provider="openai", name=name, takes_images=takes_images)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, base_url: str, *, name: str, context_tokens: int, api_key: str = "", takes_images: bool = False
    ) -> AsyncGenerator["OpenAIModel"]:
        """`base_url` ends in /v1. Servers at home take any key, so there is one even where none is set."""
        openai = await asyncio.to_thread(_loaded)
        client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,  # this module's own, which tell busy from broken
            timeout=openai.Timeout(None, connect=5.0),  # `guarded` bounds the rest
        )
        async with client:
            yield cls(client, name=name, base_url=base_url, context_tokens=context_tokens, takes_images=takes_images)

    def count(self, text: str) -> int:
        return self._calibration.estimate(text)

    async def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        answer = guarded(self._pieces(prompt, limits=limits), limits=limits, name=f"The model {self.info.name}")
        async with aclosing(answer):
            async for piece in answer:
                yield piece

    async def names(self) -> Sequence[str]:
        """The models the server says it has.

        Raises:
            ModelError: it does not say.
        """
        try:
            return [model.id async for model in self._client.models.list(timeout=_LISTING)]
        except (_loaded().OpenAIError, ValueError) as error:
            raise self._translated(error) from error

    async def _pieces(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        messages = rendered(prompt, images=self.info.takes_images)
        thoughts = ThoughtFilter()
        finished = False
        chunks = await self._opened(messages, limits=limits)
        try:
            async for chunk in chunks:
                if chunk.usage is not None:
                    self._learn(messages, chunk.usage.prompt_tokens)
                for choice in chunk.choices:
                    finished = finished or choice.finish_reason is not None
                    # What it reasons comes in a field of its own: a sign of life that shows nothing.
                    yield thoughts.feed(choice.delta.content or "")
            if not finished:
                raise ModelBroken(f"{self._base_url} stopped in the middle of an answer.", hint="Ask again.")
            yield thoughts.finish()
        except (_loaded().OpenAIError, ValueError) as error:
            raise ModelBroken(f"{self._base_url} broke off: {error}", hint="See its log.") from error
        finally:
            await chunks.close()

    async def _opened(
        self, messages: list[ChatMessage], *, limits: Limits
    ) -> "openai.AsyncStream[ChatCompletionChunk]":
        """The stream, begun; a server that is busy is asked again as long as a first token may take."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + limits.first_token.total_seconds()
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._client.chat.completions.create(
                    model=self.info.name,
                    messages=[_wire_message(message) for message in messages],
                    max_tokens=limits.max_tokens,  # the name every compatible server knows
                    stream=True,
                    stream_options={"include_usage": True},
                )
            except (_loaded().OpenAIError, ValueError) as error:
                translated = self._translated(error)
                if not isinstance(translated, ModelBusy) or loop.time() + pause >= give_up:
                    raise translated from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _learn(self, messages: list[ChatMessage], tokens: int) -> None:
        if not any(message.images for message in messages):
            size = sum(len(message.content.encode(errors="replace")) for message in messages)
            self._calibration = self._calibration.learnt(size=size, tokens=tokens)

    def _translated(self, error: Exception) -> ModelError:
        openai = _loaded()
        where = f"The server at {self._base_url}"
        match error:
            case openai.APITimeoutError() | openai.APIConnectionError():
                return ModelUnreachable(f"{where} does not answer.", hint="Start it, or correct model.base_url.")
            case openai.APIStatusError(status_code=401 | 403):
                return ModelUnreachable(
                    f"{where} does not accept the key.", hint="Set MODEL_API_KEY in the environment."
                )
            case openai.APIStatusError(status_code=404):
                return ModelMissing(f"{where} has no model {self.info.name!r}.", hint="Correct model.name.")
            case openai.APIStatusError() if error.status_code in _BUSY:
                return ModelBusy(f"{where} is busy and stayed so.", hint="Ask again in a while.")
            case _:
                return ModelBroken(f"{where} broke off: {error}", hint="See its log.")


def _loaded() -> ModuleType:
    import openai

    return openai


def _wire_message(message: ChatMessage) -> "ChatCompletionMessageParam":
    content: object = message.content
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in message.images]
        content = [{"type": "text", "text": message.content}, *pictures]
    return cast("ChatCompletionMessageParam", {"role": message.role, "content": content})


def _data_url(image: bytes) -> str:
    kinds = {b"\x89PNG": "png", b"\xff\xd8": "jpeg", b"RIFF": "webp", b"GIF8": "gif"}
    kind = next((kind for magic, kind in kinds.items() if image.startswith(magic)), "png")
    return f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"
