"""Answers from a GGUF file, by llama.cpp inside this process.

`xllamacpp` runs llama.cpp's own HTTP server on threads of its own, and unless told otherwise opens a TCP port that
anybody on the machine may use: so it listens on a Unix socket in a folder that only this user can enter. Answers are
read from that socket like from any server, and leaving it is what stops the model.
"""

import asyncio
import http.client
import json
import socket
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import ModelBroken, ModelBusy, ModelError, ModelMissing
from bot.model import Limits, ModelInfo, Prompt
from bot.models.calibration import Calibration
from bot.models.guard import guarded
from bot.models.rendering import ChatMessage, rendered, whole
from bot.models.thinking import ThoughtFilter
from bot.models.wire import Refused, Wire

_MAGIC = b"GGUF"
_TOKENIZE_PATIENCE = 0.25  # seconds; a tokenization takes 0.3 ms
_REMEMBERED_COUNTS = 4096
_SPARE_HTTP_THREADS = 8  # beside one for each answer: tokenizing must find one free


class LlamaCppModel:
    """One GGUF, loaded. `parallel` answers are written at a time, each with the whole context; others wait."""

    def __init__(
        self, *, wire: Wire, socket_path: Path, name: str, parallel: int, options: Mapping[str, object]
    ) -> None:
        self._wire = wire
        self._socket_path = socket_path
        self._slots = asyncio.Semaphore(parallel)
        self._options = options
        self._calibration = Calibration()
        self._counted = lru_cache(maxsize=_REMEMBERED_COUNTS)(self._tokenized)
        self.info = ModelInfo(provider="llamacpp", name=name)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        context_tokens: int,
        parallel: int = 2,
        options: Mapping[str, object] | None = None,
    ) -> AsyncGenerator["LlamaCppModel"]:
        """Load `path`. `options` are llama.cpp's own for each answer (`temperature`, `ignore_eos`, …).

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: it is no GGUF, or llama.cpp cannot load it.
        """
        await asyncio.to_thread(_check, path)
        async with AsyncExitStack() as stack:
            # mkdtemp makes it 0700, and its path is short: a socket's may have 107 bytes.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="martin-"))
            address = Path(folder) / "llama.sock"
            await stack.enter_async_context(
                _running(path, address=address, context_tokens=context_tokens, parallel=parallel)
            )
            wire = await stack.enter_async_context(
                Wire.open(
                    "http://llama.cpp", name="llama.cpp", hint="Restart Martín to load the model again.", socket=address
                )
            )
            yield cls(wire=wire, socket_path=address, name=path.name, parallel=parallel, options=options or {})

    def count(self, text: str) -> int:
        """By the model's own tokenizer, which runs in this process and answers in a fraction of a millisecond."""
        try:
            return self._counted(whole(text))
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return self._calibration.estimate(text)

    async def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        answer = guarded(self._pieces(prompt, limits=limits), limits=limits, name=f"The model {self.info.name}")
        async with aclosing(answer):
            async for piece in answer:
                yield piece

    async def _pieces(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        body = self._body(rendered(prompt, images=False), limits=limits)
        thoughts = ThoughtFilter()
        finished = False
        try:
            async with self._slots, aclosing(self._wire.lines("/v1/chat/completions", body)) as lines:
                async for line in lines:
                    for choice in _read(line).get("choices", ()):
                        finished = finished or choice.get("finish_reason") is not None
                        # What it reasons comes in a field of its own: a sign of life that shows nothing.
                        yield thoughts.feed(choice["delta"].get("content") or "")
        except Refused as refusal:
            raise _translated(refusal) from refusal
        if not finished:
            raise ModelBroken("llama.cpp stopped in the middle of an answer.", hint="Ask again.")
        yield thoughts.finish()

    def _body(self, messages: list[ChatMessage], *, limits: Limits) -> dict[str, Any]:
        return {
            **self._options,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": limits.max_tokens,
            "stream": True,
            "cache_prompt": False,
            "chat_template_kwargs": {"enable_thinking": False},
        }

    def _tokenized(self, text: str) -> int:
        connection = _Local(self._socket_path)
        try:
            connection.request(
                "POST", "/tokenize", json.dumps({"content": text, "add_special": False}), {"Connection": "close"}
            )
            return len(json.loads(connection.getresponse().read())["tokens"])
        finally:
            connection.close()


class _Local(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TOKENIZE_PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@asynccontextmanager
async def _running(path: Path, *, address: Path, context_tokens: int, parallel: int) -> AsyncGenerator[None]:
    """llama.cpp's server, listening at `address` until the end of the block."""
    holder: list[Any] = [
        await asyncio.to_thread(_started, path, address=address, context_tokens=context_tokens, parallel=parallel)
    ]
    try:
        yield
    finally:
        # Letting go of the last reference stops its threads, and waits for them.
        await asyncio.to_thread(holder.clear)


def _started(path: Path, *, address: Path, context_tokens: int, parallel: int) -> Any:
    # Loading the library takes a moment, and most houses never need it.
    import xllamacpp  # type: ignore[import-untyped]

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = [str(address)]  # never empty: that crashes the process
    params.n_parallel = parallel
    params.n_ctx = context_tokens * parallel
    params.n_threads_http = parallel + _SPARE_HTTP_THREADS
    params.cache_prompt = False  # keeps one person's prompt out of the next one's answer
    params.cache_ram_mib = 0
    params.endpoint_slots = False  # would show prompts
    params.ui = False
    params.verbosity = -1
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelBroken(
            f"llama.cpp cannot load {path}: {error}", hint="Download it again, or choose another GGUF in model.name."
        ) from error


def _check(path: Path) -> None:
    """Look before llama.cpp does, which ends the whole process over some files."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelMissing(
            f"There is no GGUF to read at {path}: {error.strerror}.", hint="Correct model.name, or put the file there."
        ) from error
    if magic != _MAGIC:
        raise ModelBroken(
            f"{path} is no GGUF.", hint="Download it again; a page or an error may have been saved instead."
        )


def _read(line: bytes) -> dict[str, Any]:
    """One line of server-sent events; nothing for those that carry none."""
    name, _, data = line.partition(b":")
    if name not in (b"data", b"error") or data.strip() == b"[DONE]":
        return {}
    try:
        event: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise ModelBroken("llama.cpp sent what is not JSON.", hint="Ask again.") from error
    if name == b"error" or "error" in event:
        raise ModelBroken(f"The model broke off: {event}", hint="Ask again.")
    return event


def _translated(refusal: Refused) -> ModelError:
    if refusal.status == 503:
        return ModelBusy("llama.cpp is still loading the model.", hint="Ask again in a moment.")
    if "exceed_context_size" in refusal.body:
        return ModelBroken("The prompt is longer than the model's context.", hint="Lower model.context_tokens.")
    return ModelBroken(f"llama.cpp refused ({refusal.status}): {refusal.body[:200]}", hint="Restart Martín.")
