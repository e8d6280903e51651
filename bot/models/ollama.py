"""Answers from an Ollama server, through its native /api/chat.

Native and not its OpenAI door, because only here `num_ctx`, `keep_alive` and `think` can be set: without the first a
long prompt silently loses its beginning. Source: https://docs.ollama.com/api/chat
"""

import asyncio
import base64
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import Any

import structlog

from bot.errors import ModelBroken, ModelBusy, ModelError, ModelMissing, ModelUnreachable
from bot.model import Limits, ModelInfo, Progress, Prompt
from bot.models.calibration import Calibration
from bot.models.guard import guarded
from bot.models.ollama_shelf import START_HINT, OllamaShelf, bearer, missing
from bot.models.rendering import ChatMessage, rendered
from bot.models.thinking import ThoughtFilter
from bot.models.wire import Refused, Wire

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds between two tries at a busy server

_NUMBER = re.compile(r"-?\d+")

_log = structlog.get_logger()


class OllamaModel:
    """One model of one server. Pulled on first use if the server lacks it, outside an answer's time limits."""

    def __init__(
        self,
        *,
        wire: Wire,
        shelf: OllamaShelf,
        name: str,
        context_tokens: int,
        keep_alive: str,
        pulls: bool,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self._wire = wire
        self._shelf = shelf
        self._name = name
        self._context_tokens = context_tokens
        self._keep_alive = keep_alive
        self._pulls = pulls
        self._report = report
        self._capabilities: frozenset[str] | None = None
        self._pulling: asyncio.Task[None] | None = None
        self._calibration = Calibration()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        base_url: str,
        *,
        name: str,
        context_tokens: int,
        api_key: str = "",
        keep_alive: str = "30m",
        pulls: bool = True,
        report: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator["OllamaModel"]:
        """`keep_alive` as Ollama takes it ("30m", "-1" for ever). `report` hears how a first pull comes along.

        `api_key` is for a server behind a gate; Ollama itself asks for none.
        """
        async with AsyncExitStack() as stack:
            name_in_errors = f"Ollama at {base_url}"
            model = cls(
                wire=await stack.enter_async_context(
                    Wire.open(base_url, name=name_in_errors, hint=START_HINT, headers=bearer(api_key))
                ),
                shelf=await stack.enter_async_context(OllamaShelf.open(base_url, api_key=api_key)),
                name=name,
                context_tokens=context_tokens,
                keep_alive=keep_alive,
                pulls=pulls,
                report=report,
            )
            stack.push_async_callback(model._stop_pulling)
            yield model

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(provider="ollama", name=self._name, takes_images="vision" in (self._capabilities or ()))

    def count(self, text: str) -> int:
        return self._calibration.estimate(text)

    async def prepare(self) -> None:
        """Learn what the model can do, and have it pulled if it is not there. Does nothing the second time.

        Raises:
            ModelError: the server is not there, or cannot get the model.
        """
        if self._capabilities is not None:
            return
        try:
            self._capabilities = await self._shelf.capabilities(self._name)
        except ModelMissing:
            if not self._pulls:
                raise
            await self._pull_once()
            self._capabilities = await self._shelf.capabilities(self._name)

    async def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        await self.prepare()
        answer = guarded(self._pieces(prompt, limits=limits), limits=limits, name=f"The model {self._name}")
        async with aclosing(answer):
            async for piece in answer:
                yield piece

    async def _pieces(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        messages = rendered(prompt, images="vision" in (self._capabilities or ()))
        thoughts = ThoughtFilter()
        async with aclosing(self._lines(self._body(messages, limits=limits), limits=limits)) as lines:
            async for line in lines:
                event = _read(line)
                # A thought comes as a piece without text: a sign of life that shows nothing.
                yield thoughts.feed(event.get("message", {}).get("content") or "")
                if event.get("done"):
                    self._learn(messages, event)
                    yield thoughts.finish()
                    return
        raise ModelBroken("Ollama stopped in the middle of an answer.", hint="Ask again.")

    async def _lines(self, body: dict[str, Any], *, limits: Limits) -> AsyncGenerator[bytes]:
        """The answer's lines; a server that is busy is asked again as long as a first token may take."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + limits.first_token.total_seconds()
        pause = _FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._wire.lines("/api/chat", body)) as lines:
                    async for line in lines:
                        yield line
                return
            except Refused as refusal:
                if refusal.status != 503:
                    raise self._translated(refusal) from refusal
                if loop.time() + pause >= give_up:
                    raise ModelBusy("Ollama is busy and stayed so.", hint="Ask again in a while.") from refusal
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _body(self, messages: list[ChatMessage], *, limits: Limits) -> dict[str, Any]:
        return {
            "model": self._name,
            "messages": [_wire_message(message) for message in messages],
            "stream": True,
            "think": False,
            # A bare number is seconds only as a number; as text Ollama wants a unit.
            "keep_alive": int(self._keep_alive) if _NUMBER.fullmatch(self._keep_alive) else self._keep_alive,
            "options": {"num_ctx": self._context_tokens, "num_predict": limits.max_tokens},
        }

    def _learn(self, messages: list[ChatMessage], event: dict[str, Any]) -> None:
        tokens = event.get("prompt_eval_count")
        cut = isinstance(tokens, int) and tokens >= self._context_tokens - 1  # the server left the beginning out
        if isinstance(tokens, int) and not cut and not any(message.images for message in messages):
            size = sum(len(message.content.encode(errors="replace")) for message in messages)
            self._calibration = self._calibration.learnt(size=size, tokens=tokens)

    def _translated(self, refusal: Refused) -> ModelError:
        words = _words(refusal.body)
        if refusal.status == 404:
            self._capabilities = None  # looked for again, and pulled, by the next question
            return missing(self._name)
        if refusal.status in (401, 403):
            return ModelUnreachable(f"Ollama lets nobody in: {words}", hint="Check model.base_url and its proxy.")
        if "system memory" in words:
            return ModelBroken(f"Ollama cannot load {self._name}: {words}", hint="Choose a smaller one with '/model'.")
        return ModelBroken(f"Ollama refused ({refusal.status}): {words}", hint="See the log of Ollama.")

    async def _pull_once(self) -> None:
        """However many ask, one pull; it goes on when they stop asking."""
        if self._pulling is None or self._pulling.done():
            self._pulling = asyncio.create_task(self._pull())
        await asyncio.shield(self._pulling)

    async def _pull(self) -> None:
        _log.info("model.pull", model=self._name)
        async with aclosing(self._shelf.pull(self._name)) as events:
            async for progress in events:
                if self._report is not None:
                    self._report(progress)
        _log.info("model.pulled", model=self._name)

    async def _stop_pulling(self) -> None:
        if self._pulling is not None:
            self._pulling.cancel()
            with suppress(asyncio.CancelledError, ModelError):
                await self._pulling


def _read(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise ModelBroken("Ollama sent what is not JSON.", hint="Check model.base_url: is it Ollama?") from error
    if not isinstance(event, dict):
        raise ModelBroken("Ollama sent what is not an answer.", hint="Check model.base_url: is it Ollama?")
    if words := event.get("error"):
        raise ModelBroken(f"The model broke off: {words}", hint="The machine may be short of memory.")
    return event


def _wire_message(message: ChatMessage) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        body["images"] = [base64.b64encode(image).decode("ascii") for image in message.images]
    return body


def _words(body: str) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200]
