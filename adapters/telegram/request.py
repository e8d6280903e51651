"""HTTP for python-telegram-bot, over aiohttp.

The library's own transport (httpx) costs three times the CPU a call, and does not tell a request that never left from
one whose answer was lost. Nothing here writes a URL anywhere: it holds the token.
"""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.errors import AttachmentRefused

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # a send that is given up too early may have been taken: be patient
UPLOAD_SECONDS = 120.0
_CHUNK = 64 * 1024


class NotSent(NetworkError):
    """The request never reached the server: it is safe to send it again."""


class AiohttpRequest(BaseRequest):
    """One pool of connections to one server, through the proxy that the environment names for it, if any."""

    def __init__(self, base_url: str, *, connections: int = 256) -> None:
        self._proxy = _proxy_for(base_url)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return READ_SECONDS

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Idle connections are dropped before the server would drop them: a request on a connection that dies
                # under it may or may not have been taken.
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=20),
                headers={"User-Agent": "martin-bot"},
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=self._proxy,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`: the status and the body."""
        if self._session is None:
            raise RuntimeError("The request is not initialized.")
        data, headers, patience = _body(request_data)
        if read_timeout is not BaseRequest.DEFAULT_NONE and read_timeout is not None:
            patience = read_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=patience)
        try:
            async with self._session.request(method, url, data=data, headers=headers, timeout=timeout) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"no connection: {type(error).__name__}") from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"the connection broke: {type(error).__name__}") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer read. The library's own logs what it cannot read, which may hold what somebody wrote.

        Raises:
            NetworkError: it is no JSON object: a proxy's page, an answer cut off.
        """
        try:
            found = json.loads(payload)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NetworkError(f"an answer of {len(payload)} bytes that is not Telegram's")
        return found

    async def download(self, url: str, *, limit: int) -> bytes:
        """The body of `url`, at most `limit` bytes.

        Raises:
            AttachmentRefused: it is larger, or cannot be had.
        """
        if self._session is None:
            raise RuntimeError("The request is not initialized.")
        content = bytearray()
        timeout = aiohttp.ClientTimeout(total=UPLOAD_SECONDS, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.get(url, timeout=timeout) as response:
                if response.status != 200:
                    raise AttachmentRefused(f"Telegram answered {response.status} to the download of a file.")
                async for chunk in response.content.iter_chunked(_CHUNK):
                    content += chunk
                    if len(content) > limit:
                        raise AttachmentRefused(f"The file is larger than {limit} bytes.")
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise AttachmentRefused(f"The download of a file broke: {type(error).__name__}.") from None
        return bytes(content)


def _proxy_for(url: str) -> str | None:
    """What HTTPS_PROXY and NO_PROXY say of `url`. Read once: aiohttp's own `trust_env` reads them for every call."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def _body(request_data: RequestData | None) -> tuple[Any, dict[str, str], float]:
    """What is sent, its headers, and how many seconds to wait for an answer."""
    if request_data is None:
        return None, {}, READ_SECONDS
    files = request_data.multipart_data
    if not files:
        return (
            urlencode(request_data.json_parameters).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
            READ_SECONDS,
        )
    form = aiohttp.FormData()
    for key, value in request_data.json_parameters.items():
        form.add_field(key, value)
    for key, (name, content, mime) in files.items():
        form.add_field(key, content, filename=name, content_type=mime)
    return form, {}, UPLOAD_SECONDS
