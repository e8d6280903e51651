"""A strict Ollama over a real socket: what the real one refuses, this one refuses, in its words.

Checks every body field by field, streams NDJSON at a set pace, loads and unloads, pulls, copies, takes blobs. Runs in a
test (`async with OllamaServer() as server`) or by itself, for a bench:

    python -m tests.fakes.ollama_server --port 11500 --first-token-ms 200 --tokens-per-second 50 --tokens 100
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

_NOW = "2026-11-23T07:00:00.000000Z"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TOKEN = re.compile(r"\s*\S{1,12}|\s+$")

_CHAT = {
    "model": str,
    "messages": list,
    "stream": bool,
    "format": (str, dict),
    "options": dict,
    "keep_alive": (str, int, float),
    "think": (bool, str),
    "tools": list,
    "truncate": bool,
    "shift": bool,
}
_MESSAGE = {
    "role": str,
    "content": str,
    "images": list,
    "thinking": str,
    "tool_calls": list,
    "tool_name": str,
}
_OPTIONS = {
    "num_ctx": int,
    "num_predict": int,
    "num_keep": int,
    "num_batch": int,
    "num_gpu": int,
    "num_thread": int,
    "seed": int,
    "top_k": int,
    "top_p": (float, int),
    "min_p": (float, int),
    "typical_p": (float, int),
    "repeat_last_n": int,
    "temperature": (float, int),
    "repeat_penalty": (float, int),
    "presence_penalty": (float, int),
    "frequency_penalty": (float, int),
    "stop": list,
}
_NAMED = {"model": str, "name": str, "stream": bool, "insecure": bool, "verbose": bool}
_CREATE = {
    "model": str,
    "from": str,
    "files": dict,
    "adapters": dict,
    "template": str,
    "license": (str, list),
    "system": str,
    "parameters": dict,
    "messages": list,
    "stream": bool,
    "quantize": str,
}


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """How it answers; may be changed between two requests."""

    answers: Sequence[str] = ("Claro que sí.",)  # in order, then from the start again
    thinking: str = ""  # thought before each answer, in the `thinking` field
    first_token: float = 0.0  # seconds
    tokens_per_second: float = 0.0  # 0: as fast as they go
    load: float = 0.0  # seconds that a model that is not in memory takes
    busy: int = 0  # that many of the next chats are refused with 503
    slots: int = 1024  # chats at one time
    queue: int = 1024  # chats that wait for a slot; more are refused with 503
    error_at: int | None = None  # after that many tokens: {"error": …} in mid-stream
    cut_at: int | None = None  # after that many tokens: the connection drops
    hang_at: int | None = None  # after that many tokens: silence
    endless: bool = False  # never ends, whatever num_predict says
    garbage_at: int | None = None  # after that many tokens: a line that is no JSON
    fail: str = ""  # every chat is answered with 500 and these words
    pull_steps: int = 3
    pull_pause: float = 0.0  # seconds between two
    pull_error: str = ""


@dataclass(slots=True, kw_only=True)
class Stored:
    digest: str
    capabilities: tuple[str, ...] = ("completion",)
    size: int = 5_200_000
    files: Mapping[str, str] = field(default_factory=dict)
    answers: Sequence[str] | None = None  # this model's own, instead of the behaviour's


class OllamaServer:
    """`requests` holds (path, body) in order; `disconnects` counts chats whose reader left before the end."""

    def __init__(self, *models: str, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.models = {tagged(name): Stored(digest=digest_of(name)) for name in models}
        self.registry: dict[str, Stored] = {}  # what can be pulled; a newer digest than ours is an update
        self.blobs: dict[str, bytes] = {}
        self.loaded: dict[str, asyncio.TimerHandle | None] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.disconnects = 0
        self.active = 0
        self.most_active = 0
        self._waiting = 0
        self._slot = asyncio.Condition()
        self._answers = itertools.count()
        self._port = port
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
            ("POST", "/api/chat", self._chat),
            ("GET", "/api/tags", self._tags),
            ("GET", "/api/ps", self._ps),
            ("GET", "/api/version", self._version),
            ("POST", "/api/show", self._show),
            ("POST", "/api/pull", self._pull),
            ("POST", "/api/copy", self._copy),
            ("DELETE", "/api/delete", self._delete),
            ("POST", "/api/create", self._create),
            ("HEAD", "/api/blobs/{digest}", self._has_blob),
            ("POST", "/api/blobs/{digest}", self._blob),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, path, handler)
        # The handler must be cancelled when its reader leaves, as the real server's generation is.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for model in list(self.loaded):
            self._unload(model)
        if self._runner is not None:
            await self._runner.cleanup()

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """What was posted to `path`, in order."""
        return [body for where, body in self.requests if where == path]

    # -- chat --------------------------------------------------------------------------------------------------------

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request, _CHAT)
        name = tagged(_needed(body, "model"))
        stored = self._stored(name)
        self._check_chat(body, stored)
        if self.behaviour.fail:
            raise _refusal(500, self.behaviour.fail)
        if self.behaviour.busy > 0:
            self.behaviour.busy -= 1
            raise _busy()
        await self._take_slot()
        try:
            await self._load(name, body.get("keep_alive", "5m"))
            if not body.get("messages"):  # Ollama loads, or unloads, and says so
                return web.json_response({"model": name, "created_at": _NOW, "done": True, "done_reason": "load"})
            if body.get("stream", True):
                return await self._stream(request, body, stored)
            return self._whole(body, stored)
        except (asyncio.CancelledError, ConnectionError):
            self.disconnects += 1
            raise
        finally:
            self.active -= 1
            async with self._slot:
                self._slot.notify()

    async def _take_slot(self) -> None:
        async with self._slot:
            if self.active >= self.behaviour.slots:
                if self._waiting >= self.behaviour.queue:
                    raise _busy()
                self._waiting += 1
                try:
                    await self._slot.wait_for(lambda: self.active < self.behaviour.slots)
                finally:
                    self._waiting -= 1
            self.active += 1
            self.most_active = max(self.most_active, self.active)

    async def _stream(self, request: web.Request, body: dict[str, Any], stored: Stored) -> web.StreamResponse:
        behaviour = self.behaviour
        name, tokens, limit = body["model"], self._tokens(stored), _limit(body)
        thoughts = _TOKEN.findall(behaviour.thinking)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        head = f'{{"model":{json.dumps(name)},"created_at":"{_NOW}","message":{{"role":"assistant",'
        pause = 1 / behaviour.tokens_per_second if behaviour.tokens_per_second else 0.0
        loop = asyncio.get_running_loop()
        due = loop.time() + behaviour.first_token
        if behaviour.first_token:
            await asyncio.sleep(behaviour.first_token)
        await response.prepare(request)
        for thought in thoughts:
            line = f'{head}"content":"","thinking":{json.dumps(thought)}}},"done":false}}\n'
            await response.write(line.encode())
        source = itertools.cycle(tokens) if behaviour.endless else iter(tokens)
        spoken = 0
        for token in source:
            if spoken >= limit and not behaviour.endless:
                break
            await self._mishap(request, response, spoken)
            line = f'{head}"content":{json.dumps(token)}}},"done":false}}\n'
            await response.write(line.encode())
            spoken += 1
            due += pause
            # Paced by the clock and not by sleeps added up, so that a busy machine does not slow the model down.
            await asyncio.sleep(max(0.0, due - loop.time()))
        await self._mishap(request, response, spoken)
        end = _end(body, spoken=spoken + len(thoughts), cut=spoken < len(tokens))
        await response.write((json.dumps(end) + "\n").encode())
        await response.write_eof()
        return response

    def _whole(self, body: dict[str, Any], stored: Stored) -> web.Response:
        tokens = self._tokens(stored)[: _limit(body)]
        end = _end(body, spoken=len(tokens), cut=False)
        end["message"]["content"] = "".join(tokens)
        return web.json_response(end)

    async def _mishap(self, request: web.Request, response: web.StreamResponse, spoken: int) -> None:
        behaviour = self.behaviour
        if spoken == behaviour.error_at:
            await response.write(b'{"error":"llama runner process has terminated: signal: killed"}\n')
            await response.write_eof()
            raise web.HTTPException
        if spoken == behaviour.garbage_at:
            await response.write(b"<html>502 Bad Gateway</html>\n")
        if spoken == behaviour.cut_at and request.transport is not None:
            request.transport.abort()
        if spoken == behaviour.hang_at:
            await asyncio.Event().wait()

    def _tokens(self, stored: Stored) -> list[str]:
        answers = stored.answers if stored.answers is not None else self.behaviour.answers
        return _TOKEN.findall(answers[next(self._answers) % len(answers)])

    def _check_chat(self, body: dict[str, Any], stored: Stored) -> None:
        _check(body.get("options", {}), _OPTIONS, "option")
        for message in body.get("messages", []):
            if not isinstance(message, dict):
                raise _refusal(400, "json: cannot unmarshal string into Go struct field ChatRequest.messages")
            _check(message, _MESSAGE, "message field")
            if message.get("role") not in {"system", "user", "assistant", "tool"}:
                raise _refusal(400, f"invalid role: {message.get('role')}")
            if message.get("images") and "vision" not in stored.capabilities:
                raise _refusal(400, "this model is missing data required for image input")
            for image in message.get("images", []):
                _check_image(image)
        if body.get("think") and "thinking" not in stored.capabilities:
            raise _refusal(400, f'"{body["model"]}" does not support thinking')

    # -- memory ------------------------------------------------------------------------------------------------------

    async def _load(self, name: str, keep_alive: str | float) -> None:
        if name not in self.loaded:
            await asyncio.sleep(self.behaviour.load)
        if (timer := self.loaded.get(name)) is not None:
            timer.cancel()
        seconds = _seconds(keep_alive)
        loop = asyncio.get_running_loop()
        self.loaded[name] = None if seconds < 0 else loop.call_later(seconds, self._unload, name)

    def _unload(self, name: str) -> None:
        if (timer := self.loaded.pop(name, None)) is not None:
            timer.cancel()

    # -- the shelf ---------------------------------------------------------------------------------------------------

    async def _tags(self, request: web.Request) -> web.Response:
        return web.json_response({"models": [self._listed(name) for name in self.models]})

    async def _ps(self, request: web.Request) -> web.Response:
        loaded = [{**self._listed(name), "size_vram": 0, "expires_at": _NOW} for name in self.loaded]
        return web.json_response({"models": loaded})

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.12.6"})

    async def _show(self, request: web.Request) -> web.Response:
        body = await self._body(request, _NAMED)
        stored = self._stored(tagged(_needed(body, "model")))
        return web.json_response(
            {
                "capabilities": list(stored.capabilities),
                "details": {"format": "gguf", "family": "llama", "quantization_level": "Q4_K_M"},
                "model_info": {"llama.context_length": 32768},
                "modified_at": _NOW,
            }
        )

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request, _NAMED)
        name = tagged(_needed(body, "model"))
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)

        async def say(**event: str | int) -> None:
            await response.write((json.dumps(event) + "\n").encode())

        await say(status="pulling manifest")
        newer = self.registry.get(name)
        if newer is None:
            await say(error="pull model manifest: file does not exist")
            return response
        for step in range(1, self.behaviour.pull_steps + 1):
            await asyncio.sleep(self.behaviour.pull_pause)
            completed = newer.size * step // self.behaviour.pull_steps
            await say(status="pulling 0123", digest=newer.digest, total=newer.size, completed=completed)
        if self.behaviour.pull_error:
            await say(error=self.behaviour.pull_error)
            return response
        self.models[name] = newer
        self._unload(name)
        await say(status="success")
        return response

    async def _copy(self, request: web.Request) -> web.Response:
        body = await self._body(request, {"source": str, "destination": str})
        stored = self._stored(tagged(_needed(body, "source")))
        self.models[tagged(_needed(body, "destination"))] = stored
        self._unload(tagged(body["destination"]))
        return web.Response()

    async def _delete(self, request: web.Request) -> web.Response:
        body = await self._body(request, _NAMED)
        name = tagged(_needed(body, "model"))
        self._stored(name)
        self._unload(name)
        del self.models[name]
        return web.Response()

    async def _has_blob(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if request.match_info["digest"] in self.blobs else 404)

    async def _blob(self, request: web.Request) -> web.Response:
        digest = request.match_info["digest"]
        content = await request.read()
        self.requests.append((request.path, {}))
        if not _DIGEST.fullmatch(digest) or digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise _refusal(400, "digest does not match")
        self.blobs[digest] = content
        return web.Response(status=201)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request, _CREATE)
        name = tagged(_needed(body, "model"))
        files = {**body.get("files", {}), **body.get("adapters", {})}
        if not files and "from" not in body:
            raise _refusal(400, "neither 'from' or 'files' was specified")
        for digest in files.values():
            if digest not in self.blobs:
                raise _refusal(400, f"blob {digest} not found")
        if "from" in body:
            self._stored(tagged(body["from"]))
        self.models[name] = Stored(digest=digest_of(json.dumps(body, sort_keys=True)), files=files)
        self._unload(name)
        events = ["parsing GGUF", "writing manifest", "success"]
        return web.Response(
            text="".join(json.dumps({"status": event}) + "\n" for event in events), content_type="application/x-ndjson"
        )

    # -- bodies ------------------------------------------------------------------------------------------------------

    async def _body(self, request: web.Request, known: Mapping[str, Any]) -> dict[str, Any]:
        try:
            body = json.loads(await request.read())
        except ValueError as error:
            raise _refusal(400, f"invalid JSON: {error}") from error
        if not isinstance(body, dict):
            raise _refusal(400, "missing request body")
        self.requests.append((request.path, body))
        _check(body, known, "field")
        return body

    def _stored(self, name: str) -> Stored:
        if name not in self.models:
            raise _refusal(404, f"model '{name}' not found")
        return self.models[name]

    def _listed(self, name: str) -> dict[str, Any]:
        stored = self.models[name]
        return {
            "name": name,
            "model": name,
            "modified_at": _NOW,
            "size": stored.size,
            "digest": stored.digest.removeprefix("sha256:"),
            "details": {"format": "gguf", "family": "llama", "parameter_size": "1.0M", "quantization_level": "F16"},
        }


def tagged(name: str) -> str:
    """`qwen3` is `qwen3:latest`."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _check(body: object, known: Mapping[str, Any], what: str) -> None:
    if not isinstance(body, dict):
        raise _refusal(400, f"json: cannot unmarshal {type(body).__name__}")
    for key, value in body.items():
        if key not in known:
            raise _refusal(400, f'unknown {what} "{key}"')
        wrong_bool = isinstance(value, bool) and known[key] is int
        if wrong_bool or not isinstance(value, known[key]):
            raise _refusal(400, f"json: cannot unmarshal {type(value).__name__} into {what} {key}")


def _check_image(image: object) -> None:
    import base64
    import binascii

    try:
        content = base64.b64decode(str(image), validate=True)
    except binascii.Error as error:
        raise _refusal(400, "illegal base64 data at input byte 0") from error
    if not content.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")):
        raise _refusal(400, "Failed to load image or audio file")


def _needed(body: dict[str, Any], key: str) -> str:
    if not body.get(key):
        raise _refusal(400, f"{key} is required")
    return str(body[key])


def _limit(body: dict[str, Any]) -> int:
    limit = int(body.get("options", {}).get("num_predict", -1))
    return limit if limit >= 0 else 1 << 30


def _end(body: dict[str, Any], *, spoken: int, cut: bool) -> dict[str, Any]:
    prompt = "".join(message.get("content", "") for message in body["messages"])
    return {
        "model": body["model"],
        "created_at": _NOW,
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "length" if cut else "stop",
        "total_duration": 1_000_000,
        "load_duration": 1_000,
        "prompt_eval_count": len(prompt.encode()) // 4 + 8 * len(body["messages"]),
        "prompt_eval_duration": 1_000,
        "eval_count": spoken,
        "eval_duration": 1_000,
    }


def _seconds(keep_alive: str | float) -> float:
    if isinstance(keep_alive, int | float):
        return float(keep_alive)
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)(ms|s|m|h)", keep_alive)
    if match is None:
        raise _refusal(400, f'time: invalid duration "{keep_alive}"')
    return float(match[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[match[2]]


def _busy() -> web.HTTPException:
    return _refusal(503, "server busy, please try again.  maximum pending requests exceeded")


def _refusal(status: int, words: str) -> web.HTTPException:
    kinds: dict[int, type[web.HTTPException]] = {
        400: web.HTTPBadRequest,
        404: web.HTTPNotFound,
        500: web.HTTPInternalServerError,
        503: web.HTTPServiceUnavailable,
    }
    return kinds[status](text=json.dumps({"error": words}), content_type="application/json")


async def _serve(arguments: argparse.Namespace) -> None:
    words = [f"palabra{number} " for number in range(arguments.tokens)]
    behaviour = Behaviour(
        answers=["".join(words)],
        first_token=arguments.first_token_ms / 1000,
        tokens_per_second=arguments.tokens_per_second,
    )
    async with OllamaServer(arguments.model, behaviour=behaviour, port=arguments.port) as server:
        print(server.url, flush=True)  # noqa: T201 — whoever started it reads where it listens
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A strict Ollama for tests and benches.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="martin-bench")
    parser.add_argument("--first-token-ms", type=float, default=200)
    parser.add_argument("--tokens-per-second", type=float, default=50)
    parser.add_argument("--tokens", type=int, default=100)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
