"""The connection to Telegram: implements `bot.channel.Channel` over python-telegram-bot.

Receives, hands to the core, sends; what can be decided without a network is decided in the modules beside this one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

import structlog
from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import InvalidToken, TelegramError

from adapters.telegram import faults, parse
from adapters.telegram.calls import Calls
from adapters.telegram.flood import Flood, monotonic
from adapters.telegram.menu import MenuEntry, publish
from adapters.telegram.presses import Presses
from adapters.telegram.previews import Previews
from adapters.telegram.receiving import Update, Webhook, poll, until_done
from adapters.telegram.render import MESSAGE_LIMIT
from adapters.telegram.request import AiohttpRequest
from adapters.telegram.sending import Sender
from bot.channel import Handler
from bot.errors import AttachmentRefused, StorageError
from bot.messages import Attachment, Capabilities, Chat, Inbound, OutboundMessage, Receipt

OFFICIAL = "https://api.telegram.org"

_CAPABILITIES = Capabilities(
    message_limit=MESSAGE_LIMIT,
    utf16=True,
    previews=True,
    preview_interval=timedelta(seconds=1),
    group_preview_interval=timedelta(seconds=4),
    merges=True,
    votes=True,
    private_replies=False,
)
_TRIES = (0.2, 1.0, 3.0)  # seconds before an update that the core fails on is handed to it again
_ADMINISTERS_SECONDS = 60.0  # how long it is believed who administers a group

log = structlog.get_logger()


class TelegramChannel:
    """A bot on Telegram. Made by `open`, which also closes it: deliveries may go on after `run` has ended."""

    def __init__(
        self,
        bot: Bot,
        request: AiohttpRequest,
        *,
        clock: Callable[[], datetime],
        receive: Literal["polling", "webhook"],
        webhook_url: str,
        webhook_listen: str,
        webhook_secret: str,
        menu: Sequence[MenuEntry],
        admins: Iterable[str],
        language: str,
    ) -> None:
        self._bot = bot
        self._request = request
        self._clock = clock
        self._mode = receive
        self._webhook = {"url": webhook_url, "listen": webhook_listen, "secret": webhook_secret}
        self._menu = menu
        self._admins = admins
        self._language = language
        flood, calls = Flood(), Calls(bot)
        self._previews = Previews(calls, flood)
        self._sender = Sender(calls, flood, self._previews)
        self._presses = Presses(bot, self._previews)
        self._administers: dict[tuple[str, str], tuple[float, bool]] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        token: str,
        clock: Callable[[], datetime],
        api_base_url: str = OFFICIAL,
        mode: Literal["polling", "webhook"] = "polling",
        webhook_url: str = "",
        webhook_listen: str = "127.0.0.1:8443",
        webhook_secret: str = "",
        menu: Sequence[MenuEntry] = (),
        admins: Iterable[str] = (),
        language: str = "es",
    ) -> AsyncIterator["TelegramChannel"]:
        """Open the connections; nothing is asked of Telegram yet.

        `menu` is offered to everybody, its admin entries to `admins` (user ids). `language` is for people whose own
        the menu has not.

        Raises:
            ConfigError: the token is none.
        """
        bot, request = connected(token, api_base_url)
        await request.initialize()
        try:
            yield cls(
                bot,
                request,
                clock=clock,
                receive=mode,
                webhook_url=webhook_url,
                webhook_listen=webhook_listen,
                webhook_secret=webhook_secret,
                menu=menu,
                admins=admins,
                language=language,
            )
        finally:
            await request.shutdown()

    @property
    def platform(self) -> str:
        return parse.PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def run(self, handle: Handler) -> None:
        """See `bot.channel.Channel.run`."""
        user = await until_done(self._bot.get_me)
        me = parse.Me(id=user.id, username=user.username or "")
        log.info("telegram_connected", bot=me.username, mode=self._mode)

        async def take(update: Update) -> None:
            await self._take(update, me, handle)

        beside = (
            asyncio.create_task(publish(self._bot, self._menu, admins=self._admins, language=self._language)),
            asyncio.create_task(self._presses.answer_all()),
        )
        try:
            if self._mode == "webhook":
                await Webhook(self._bot, **self._webhook, take=take).run()
            else:
                await poll(self._bot, self._request, take)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        """See `bot.channel.Channel.deliver`. Telegram cannot deduplicate: `nonce` is of no use here."""
        return await self._sender.deliver(message, replacing=replacing)

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        """See `bot.channel.Channel.preview`."""
        return await self._previews.preview(message, replacing=replacing)

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """See `bot.channel.Channel.fetch`. Telegram's own limit is 20 MB."""
        if attachment.size > limit:
            raise AttachmentRefused(f"The file has {attachment.size} bytes, more than {limit}.")
        try:
            file = await self._bot.get_file(attachment.ref)
        except TelegramError as error:
            raise AttachmentRefused(f"Telegram does not give the file: {error.message}.") from None
        if (file.file_size or 0) > limit or not file.file_path:
            raise AttachmentRefused(f"The file has {file.file_size} bytes, more than {limit}.")
        # The library has made an address of the path already.
        return await self._request.download(file.file_path, limit=limit)

    async def administers(self, chat: Chat, user_id: str) -> bool:
        """See `bot.channel.Channel.administers`. Whoever speaks as the group itself is one of its admins."""
        if chat.is_direct:
            return False
        if user_id == chat.id:
            return True
        now = monotonic()
        known = self._administers.get((chat.id, user_id))
        if known and now - known[0] < _ADMINISTERS_SECONDS:
            return known[1]
        try:
            member = await self._bot.get_chat_member(int(chat.id), int(user_id))
        except (TelegramError, ValueError) as error:
            log.info("membership_unknown", conversation=chat.key, reason=str(error))
            return False
        administers = member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
        self._administers[chat.id, user_id] = (now, administers)
        return administers

    async def _take(self, update: Update, me: parse.Me, handle: Handler) -> None:
        """Hand one update to the core, and come back when it may be acknowledged."""
        number = update.get("update_id")
        try:
            inbound = parse.parse(update, me, now=self._clock())
        except parse.Malformed as error:
            log.warning("update_skipped", update_id=number, reason=str(error))
            return
        receipt = None if inbound is None else await self._handled(inbound, handle, number)
        if "callback_query" in update:
            self._presses.add(update["callback_query"], inbound, receipt)

    async def _handled(self, inbound: Inbound, handle: Handler, number: Any) -> Receipt | None:
        """What the core made of it; None if it failed each time: then it is set aside, and the next ones go on."""
        for pause in (*_TRIES, None):
            try:
                return await handle(inbound)
            except StorageError:
                raise
            except Exception as error:
                log.error(
                    "update_failed" if pause else "update_set_aside",
                    conversation=inbound.chat.key,
                    update_id=number,
                    message_id=inbound.message_id,
                    error=type(error).__name__,
                    exc_info=pause is None,
                )
                await asyncio.sleep(pause or 0)
        return None


def connected(token: str, api_base_url: str) -> tuple[Bot, AiohttpRequest]:
    """A bot of the library's that speaks to `api_base_url`, and the transport both share, not yet open.

    Raises:
        ConfigError: the token is none.
    """
    base = api_base_url.rstrip("/")
    request = AiohttpRequest(base)
    try:
        if not token.strip() or quote(token, safe=":") != token:
            raise InvalidToken
        bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=request,
            get_updates_request=request,
        )
    except InvalidToken:
        raise faults.token_refused() from None
    return bot, request
