"""What is said for good: in each chat one call at a time and in order, until Telegram has taken it.

Chats do not wait for each other, except for the limit over all of them once Telegram enforces it.

A send whose answer was lost may have been taken. It is sent again, since a lost answer is worse than a doubled one, and
logged as `send_ambiguous`, so that the two can be told apart. An edit can be repeated without harm.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TelegramError

from adapters.telegram import faults, render
from adapters.telegram.calls import Calls
from adapters.telegram.flood import Account, Flood, monotonic
from adapters.telegram.previews import Previews
from adapters.telegram.render import Rendered
from adapters.telegram.request import NotSent
from bot.messages import File, OutboundMessage

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between tries while the network is down

log = structlog.get_logger()


class Sender:
    """Carries out `Channel.deliver`."""

    def __init__(self, calls: Calls, flood: Flood, previews: Previews) -> None:
        self._calls = calls
        self._flood = flood
        self._previews = previews

    async def deliver(self, message: OutboundMessage, *, replacing: str | None) -> str:
        """See `bot.channel.Channel.deliver`."""
        account = self._flood.account(message.chat.id, now=monotonic())
        async with account.turn:
            replacing = self._previews.end(message, replacing)
            files = list(message.files)
            sent: str | None = None
            if replacing is not None:
                sent = await self._edit(message, account, replacing)
            elif files and render.units(message.text) <= render.CAPTION_LIMIT:
                sent = await self._send_file(message, account, files.pop(0), captioned=True)
            if sent is None:
                sent = await self._send(message, account)
            for file in files:
                await self._send_file(message, account, file, captioned=False)
            return sent

    async def _send(self, message: OutboundMessage, account: Account) -> str:
        return await self._until_taken(
            message,
            account,
            render.render(message.text),
            lambda shown: self._calls.send(message, shown, final=True),
            again=False,
        )

    async def _send_file(self, message: OutboundMessage, account: Account, file: File, *, captioned: bool) -> str:
        blank = not captioned or not message.text.strip()
        return await self._until_taken(
            message,
            account,
            Rendered(text="") if blank else render.render(message.text, limit=render.CAPTION_LIMIT),
            lambda shown: self._calls.send_file(message, file, shown if captioned else None),
            again=False,
        )

    async def _edit(self, message: OutboundMessage, account: Account, message_id: str) -> str | None:
        """The id of the message that reads so now; None if it is gone."""
        try:
            return await self._until_taken(
                message,
                account,
                render.render(message.text),
                lambda shown: self._calls.edit(message, shown, message_id, final=True),
                again=True,
            )
        except BadRequest as error:
            return None if faults.message_gone(error) else message_id

    async def _until_taken(
        self,
        message: OutboundMessage,
        account: Account,
        shown: Rendered,
        call: Callable[[Rendered], Awaitable[str]],
        *,
        again: bool,
    ) -> str:
        """Call until Telegram takes it. `again`: it may be called twice without harm.

        Raises:
            BadRequest: of an edit: there is nothing to edit, or nothing to change.
            BotError: it never will be taken.
        """
        pause = _FIRST_PAUSE
        while True:
            await self._room(account)
            counted = True
            try:
                return await call(shown)
            except RetryAfter as error:
                counted = False
                seconds = faults.seconds(error)
                self._flood.refused(account, seconds=seconds, now=monotonic())
                log.info("telegram_throttles", conversation=message.chat.key, seconds=seconds)
                continue
            except ChatMigrated as error:
                self._calls.moved(message.chat, error.new_chat_id)
                continue
            except BadRequest as error:
                if again and (faults.message_gone(error) or faults.unchanged(error)):
                    raise
                if not shown.entities or faults.chat_gone(error):
                    raise faults.translated(error) from None
                log.warning("markup_refused", conversation=message.chat.key, reason=error.message)
                shown = render.plain(message.text)
                continue
            except NotSent:
                log.warning("telegram_unreachable", conversation=message.chat.key, pause=pause)
            except NetworkError as error:
                event = "telegram_trouble" if again else "send_ambiguous"
                log.warning(event, conversation=message.chat.key, reason=error.message, pause=pause)
            except TelegramError as error:
                raise faults.translated(error) from None
            finally:
                self._flood.end(now=monotonic(), counted=counted)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _room(self, account: Account) -> None:
        """Wait until the chat, and then all chats together, have room for one more call, and begin it."""
        wait = account.free_at(monotonic()) - monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        async with self._flood.all.turn:
            while True:
                wait = self._flood.wait(monotonic())
                if wait <= 0:
                    break
                await asyncio.sleep(wait)
            self._flood.begin(account, now=monotonic())
