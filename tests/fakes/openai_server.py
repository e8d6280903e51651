"""A strict server of OpenAI's chat completions over a real socket, as llama.cpp, vLLM and LM Studio speak them.

Behaves as `tests.fakes.ollama_server.Behaviour` says, where both can.
"""

import asyncio
import itertools
import json
import re
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.ollama_server import Behaviour

_TOKEN = re.compile(r"\s*\S{1,12}|\s+$")
_KNOWN = {
    "model": str,
    "messages": list,
    "max_tokens": int,
    "stream": bool,
    "stream_options": dict,
    "temperature": (int, float),
    "top_p": (int, float),
    "stop": (str, list),
    "seed": int,
}


class OpenAIServer:
    """`requests` holds every body in order; `disconnects` counts chats whose reader left before the end."""

    def __init__(self, *models: str, behaviour: Behaviour | None = None, api_key: str = "") -> None:
        self.behaviour = behaviour or Behaviour()
        self.models = list(models)
        self.requests: list[dict[str, Any]] = []
        self.disconnects = 0
        self._api_key = api_key
        self._answers = itertools.count()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = self._checked(request, await request.json())
        self.requests.append(body)
        behaviour = self.behaviour
        if behaviour.fail:
            return _refusal(500, behaviour.fail)
        if behaviour.busy > 0:
            behaviour.busy -= 1
            return _refusal(503, "Loading model")
        try:
            return await self._stream(request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.disconnects += 1
            raise

    async def _list(self, request: web.Request) -> web.Response:
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "me"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _stream(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        behaviour = self.behaviour
        answer = behaviour.answers[next(self._answers) % len(behaviour.answers)]
        tokens, limit = _TOKEN.findall(answer), body.get("max_tokens", 1 << 30)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await asyncio.sleep(behaviour.first_token)
        await response.prepare(request)

        async def say(choices: list[dict[str, Any]], **more: object) -> None:
            event = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
            await response.write(f"data: {json.dumps({**event, 'choices': choices, **more})}\n\n".encode())

        async def delta(finish: str | None = None, **what: str) -> None:
            await say([{"index": 0, "delta": what, "finish_reason": finish}])

        await delta(role="assistant", content="")
        for thought in _TOKEN.findall(behaviour.thinking):
            await delta(reasoning_content=thought)
        pause = 1 / behaviour.tokens_per_second if behaviour.tokens_per_second else 0.0
        spoken = 0
        for token in itertools.cycle(tokens) if behaviour.endless else tokens:
            if spoken >= limit and not behaviour.endless:
                break
            if await self._mishap(request, response, spoken):
                return response
            await delta(content=token)
            spoken += 1
            await asyncio.sleep(pause)
        if await self._mishap(request, response, spoken):
            return response
        await delta(finish="length" if spoken < len(tokens) else "stop")
        if body.get("stream_options", {}).get("include_usage"):
            size = sum(len(str(message["content"]).encode()) for message in body["messages"])
            prompt = size // 4 + 8 * len(body["messages"])
            usage = {"prompt_tokens": prompt, "completion_tokens": spoken, "total_tokens": prompt + spoken}
            await say([], usage=usage)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _mishap(self, request: web.Request, response: web.StreamResponse, spoken: int) -> bool:
        behaviour = self.behaviour
        if spoken == behaviour.error_at:
            await response.write(b'data: {"error":{"code":500,"message":"out of memory","type":"server_error"}}\n\n')
            return True
        if spoken == behaviour.garbage_at:
            await response.write(b"data: <html>502 Bad Gateway</html>\n\n")
        if spoken == behaviour.cut_at and request.transport is not None:
            request.transport.abort()
        if spoken == behaviour.hang_at:
            await asyncio.Event().wait()
        return False

    def _checked(self, request: web.Request, body: object) -> dict[str, Any]:
        if self._api_key and request.headers.get("Authorization") != f"Bearer {self._api_key}":
            raise _raised(web.HTTPUnauthorized, "Incorrect API key provided.")
        if not isinstance(body, dict):
            raise _raised(web.HTTPBadRequest, "The body is no object.")
        for key, value in body.items():
            if key not in _KNOWN or not isinstance(value, _KNOWN[key]):  # type: ignore[arg-type]
                raise _raised(web.HTTPBadRequest, f"Unrecognized or wrong request argument: {key}")
        if body.get("model") not in self.models:
            raise _raised(web.HTTPNotFound, f"The model `{body.get('model')}` does not exist")
        for message in body["messages"]:
            if set(message) != {"role", "content"} or message["role"] not in {"system", "user", "assistant"}:
                raise _raised(web.HTTPBadRequest, f"Invalid message: {sorted(message)}")
        if body.get("stream") is not True:
            raise _raised(web.HTTPBadRequest, "This server only streams.")
        return body


def _words(words: str) -> str:
    return json.dumps({"error": {"message": words, "type": "invalid_request_error", "code": None}})


def _refusal(status: int, words: str) -> web.Response:
    return web.Response(status=status, text=_words(words), content_type="application/json")


def _raised(kind: type[web.HTTPException], words: str) -> web.HTTPException:
    return kind(text=_words(words), content_type="application/json")
