"""How updates come in: asked for (long polling) or posted to us (webhook). Either way one is acknowledged only once
`take` has returned, so that what is not written down yet is delivered again. What an update means is not known here.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit
from weakref import WeakValueDictionary

import structlog
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram import faults
from adapters.telegram.parse import UPDATES
from adapters.telegram.request import AiohttpRequest
from bot.errors import ConfigError, StorageError

T = TypeVar("T")
Update: TypeAlias = Mapping[str, Any]
Take: TypeAlias = Callable[[Update], Awaitable[None]]
"""Returns once the update may be acknowledged. Raises StorageError if it cannot be kept now."""

_POLL_SECONDS = 50  # how long the server holds an empty answer back
_LEAST_PAUSE = 0.05  # seconds between empty answers, for a server that does not hold them back
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before the next try, while polling fails
_CONNECTIONS = 100  # of Telegram to our webhook at once
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  a header's name

log = structlog.get_logger()


async def poll(bot: Bot, request: AiohttpRequest, take: Take) -> None:
    """Ask for updates until cancelled. The library's own call reads all updates at once: one bad one would spoil them.

    Raises:
        ConfigError: the token is not taken any more.
    """
    await until_done(bot.delete_webhook)
    offset, failures = 0, 0
    while True:
        asked = {"offset": offset, "timeout": _POLL_SECONDS, "allowed_updates": json.dumps(UPDATES)}
        try:
            updates = await request.post(
                f"{bot.base_url}/getUpdates?{urlencode(asked)}", None, read_timeout=_POLL_SECONDS + 10.0
            )
        except InvalidToken:
            raise faults.token_refused() from None
        except TelegramError as error:
            pause = faults.seconds(error) if isinstance(error, RetryAfter) else _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            hint = "Another program polls with the same token: stop it." if isinstance(error, Conflict) else ""
            log.warning("polling_failed", reason=error.message, pause=pause, hint=hint)
            await asyncio.sleep(pause)
            continue
        failures = 0
        if isinstance(updates, list) and updates:
            await take_all(updates, take)
            offset = max(offset, *(_number(update) + 1 for update in updates))
        else:
            await asyncio.sleep(_LEAST_PAUSE)


async def take_all(updates: Sequence[Any], take: Take) -> None:
    """Take a batch: in order within each chat, chats beside each other."""
    lines: dict[object, list[Update]] = {}
    for update in updates:
        if isinstance(update, Mapping):
            lines.setdefault(_line(update), []).append(update)
        else:
            log.warning("update_skipped", reason="not an object")
    await asyncio.gather(*(_in_order(line, take) for line in lines.values()))


async def _in_order(updates: Iterable[Update], take: Take) -> None:
    for update in updates:
        pause = 0.5
        while True:
            try:
                await take(update)
            except StorageError as error:
                # Telegram keeps what is not acknowledged for a day: better late than lost.
                log.error("update_waits", update_id=_number(update), reason=error.message, pause=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 30.0)
            else:
                break


class Webhook:
    """Telegram posts each update to us; 200 acknowledges it, anything else has it posted again."""

    def __init__(self, bot: Bot, *, url: str, listen: str, secret: str, take: Take) -> None:
        """`url` is what Telegram posts to, `listen` ("host:port") where its proxy reaches us.

        Raises:
            ConfigError: one of them cannot be used.
        """
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ConfigError(
                "telegram.mode is webhook and telegram.webhook_url is no address.",
                hint="Set it to the public https address that leads to telegram.webhook_listen.",
            )
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal():
            raise ConfigError(f"telegram.webhook_listen must be HOST:PORT, not {listen!r}.", hint="127.0.0.1:8443")
        if not secret:
            raise ConfigError(
                "telegram.mode is webhook and there is no secret: anybody could post updates.",
                hint="Set TELEGRAM_WEBHOOK_SECRET to 16 or more letters and digits.",
            )
        self._bot = bot
        self._url = url
        self._host, self._port = host.strip("[]"), int(port)
        self._path = urlsplit(url).path or "/"
        self._secret = secret
        self._take = take
        # One lock for each chat with an update in hand; it goes when the last of them lets go of it.
        self._lines: WeakValueDictionary[object, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Listen until cancelled."""
        runner = web.ServerRunner(web.Server(self._receive, access_log=None), shutdown_timeout=1)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as error:
                raise ConfigError(
                    f"telegram.webhook_listen: cannot listen on {self._host}:{self._port}.",
                    hint="Is another program using it?",
                ) from error
            await until_done(
                lambda: self._bot.set_webhook(
                    self._url, secret_token=self._secret, allowed_updates=UPDATES, max_connections=_CONNECTIONS
                )
            )
            log.info("webhook_set", listen=f"{self._host}:{self._port}")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.BaseRequest) -> web.Response:
        if request.method != "POST" or request.path != self._path:
            return web.Response(status=404)
        if not hmac.compare_digest(request.headers.get(_SECRET, "").encode(), self._secret.encode()):
            log.warning("webhook_refused", reason="wrong secret token")
            return web.Response(status=403)
        try:
            update = json.loads(await request.read())
        except ValueError:
            update = None
        if not isinstance(update, Mapping):
            log.warning("update_skipped", reason="not an object")
            return web.Response()
        lock = self._lines.setdefault(_line(update), asyncio.Lock())
        try:
            async with lock:
                await self._take(update)
        except StorageError as error:
            log.error("update_waits", update_id=_number(update), reason=error.message)
            return web.Response(status=503)
        return web.Response()


async def until_done(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call that must succeed before anything can be received.

    Raises:
        ConfigError: the token is refused.
    """
    failures = 0
    while True:
        try:
            return await call()
        except InvalidToken:
            raise faults.token_refused() from None
        except TelegramError as error:
            pause = faults.seconds(error) if isinstance(error, RetryAfter) else _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            log.warning("telegram_unreachable", reason=error.message, pause=pause)
            await asyncio.sleep(pause)


def _number(update: object) -> int:
    number = update.get("update_id") if isinstance(update, Mapping) else None
    return number if isinstance(number, int) else 0


def _line(update: Update) -> object:
    """What keeps order: the chat an update is about. One that cannot be told stands in a line of its own."""
    for field in ("message", "callback_query", "message_reaction"):
        about = update.get(field)
        if isinstance(about, Mapping):
            inner = about.get("message") if field == "callback_query" else about
            chat = inner.get("chat") if isinstance(inner, Mapping) else None
            if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
                return chat["id"]
    return None
