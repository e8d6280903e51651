"""Lines of a streamed HTTP answer, over TCP or a Unix socket, at little cost.

The one place of the models that imports aiohttp. Why not a provider's own client: measured over 20 streams at 50
tokens/s, 100 chunks cost the `ollama` client 13 ms of CPU (httpx, pydantic), this 2 ms. Knows no provider's protocol.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.errors import ModelBroken, ModelUnreachable

_LONGEST_LINE = 8 << 20  # bytes
_BREATH = 0.0005  # seconds an answer gathers tokens, for each answer under way: waking for every token of every one of
_LONGEST_BREATH = 0.1  # them is what many answers at once cost most; one alone is read as it comes


class Refused(Exception):
    """The server answered, and not with a stream: for the provider's module to translate."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"HTTP {status}: {body[:500]}")
        self.status = status
        self.body = body


class Wire:
    """One pool of connections to one server, without a limit of its own: the core bounds how many answers run."""

    def __init__(self, session: aiohttp.ClientSession, *, name: str, hint: str) -> None:
        self._session = session
        self._name = name
        self._hint = hint
        self._answers = 0  # under way

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        base_url: str,
        *,
        name: str,
        hint: str,
        socket: Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator["Wire"]:
        """`name` and `hint` go into errors: who does not answer, and what to do about it. With `socket` the host of
        `base_url` means nothing."""
        connector: aiohttp.BaseConnector
        connector = (
            aiohttp.UnixConnector(str(socket), limit=0, force_close=True) if socket else aiohttp.TCPConnector(limit=0)
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with aiohttp.ClientSession(base_url, connector=connector, timeout=timeout, headers=headers) as session:
            yield cls(session, name=name, hint=hint)

    async def lines(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[bytes]:
        """Post `body` as JSON and yield the answer's lines that are not empty. Closing it closes the connection.

        Posted a second time if the first met a connection that the server had left meanwhile.

        Raises:
            Refused: any status but 200.
            ModelUnreachable: nobody listens there.
            ModelBroken: the connection ended before the answer did.
        """
        self._answers += 1
        try:
            async with await self._answered(path, body) as response:
                if response.status != 200:
                    raise Refused(response.status, await response.text())
                rest = b""
                async for chunk in response.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        if line and line != b"\r":
                            yield line
                    if len(rest) > _LONGEST_LINE:
                        raise ModelBroken(f"{self._name} sent a line that does not end.")
                    await asyncio.sleep(min((self._answers - 1) * _BREATH, _LONGEST_BREATH))
                if rest:
                    yield rest
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise ModelUnreachable(f"{self._name} does not answer: {error}.", hint=self._hint) from error
        except (TimeoutError, aiohttp.ClientError, UnicodeDecodeError) as error:
            raise ModelBroken(f"{self._name} broke off: {error or type(error).__name__}.", hint="Ask again.") from error
        finally:
            self._answers -= 1

    async def _answered(self, path: str, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        try:
            return await self._session.post(path, json=body)
        except aiohttp.ClientConnectorError:
            raise
        except aiohttp.ClientConnectionError:
            return await self._session.post(path, json=body)
