"""What is shown while a reply grows: drafts where the server has them, else a message and its edits, and "typing…".

Best effort. A preview takes only room that nobody needs, and one that finds its chat busy is dropped, for a newer one
follows. It holds the chat's turn while it is on its way, so that none can come after the answer it announces.
"""

import asyncio

import structlog
from telegram.error import BadRequest, ChatMigrated, InvalidToken, RetryAfter, TelegramError

from adapters.telegram import faults, render
from adapters.telegram.calls import Calls
from adapters.telegram.flood import Account, Flood, monotonic
from adapters.telegram.render import Rendered
from bot.messages import Chat, OutboundMessage

_TYPING_SECONDS = 4.5  # Telegram shows "typing…" for five

log = structlog.get_logger()


class Previews:
    """Carries out `Channel.preview`."""

    def __init__(self, calls: Calls, flood: Flood) -> None:
        self._calls = calls
        self._flood = flood
        self._has_drafts = True
        self._draftless: set[str] = set()  # chats that refused one
        self._drafts: dict[str, int] = {}  # conversation → the draft that shows its growing reply
        self._last_draft = 0
        self._tasks: set[asyncio.Task[str | None]] = set()
        self._abandoned: set[asyncio.Task[str | None]] = set()
        self._strays: dict[tuple[str, str | None], str] = {}  # (conversation, reply to) → message nobody waited for

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        """See `bot.channel.Channel.preview`."""
        now = monotonic()
        account = self._flood.account(message.chat.id, now=now)
        if not message.text.strip():
            await self._typing(message.chat, account, now)
            return None
        first = replacing is None and message.chat.key not in self._drafts
        if account.turn.locked() or not self._flood.spares(account, now=now, first=first):
            return None
        self._flood.begin(account, now=now)
        await account.turn.acquire()  # at once: nothing has run since it was looked at
        task = asyncio.create_task(self._show(message, account, replacing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)  # a message on its way cannot be called back
        except asyncio.CancelledError:
            self._abandon(message, task)
            raise

    def end(self, message: OutboundMessage, replacing: str | None) -> str | None:
        """The reply is about to be delivered: the message it replaces, be it one that nobody waited for."""
        self._drafts.pop(message.chat.key, None)
        stray = self._strays.pop((message.chat.key, message.reply_to), None)
        return replacing or stray

    async def retire(self, chat: Chat, message_id: str, keyboard: render.Keyboard | None) -> None:
        """Leave only `keyboard` under a message whose choice was made, if there is room for such a thing."""
        now = monotonic()
        account = self._flood.account(chat.id, now=now)
        if account.turn.locked() or not self._flood.spares(account, now=now, first=False):
            return
        async with account.turn:
            self._flood.begin(account, now=now)
            counted = True
            try:
                await self._calls.set_buttons(chat, message_id, keyboard)
            except RetryAfter as error:
                counted = False
                self._flood.refused(account, seconds=faults.seconds(error), now=monotonic())
            except TelegramError as error:
                log.debug("choices_kept", conversation=chat.key, reason=error.message)
            finally:
                self._flood.end(now=monotonic(), counted=counted)

    async def _show(self, message: OutboundMessage, account: Account, replacing: str | None) -> str | None:
        """One preview that has begun and holds the chat's turn, which it gives back."""
        counted = True
        try:
            shown = render.render(message.text)
            if replacing is None and await self._draft(message, shown):
                return None
            if replacing is None:
                held = await self._calls.send(message, shown, final=False)
            else:
                held = await self._calls.edit(message, shown, replacing, final=False)
            if asyncio.current_task() in self._abandoned:
                self._strays[message.chat.key, message.reply_to] = held
            return held
        except RetryAfter as error:
            counted = False
            self._flood.refused(account, seconds=faults.seconds(error), now=monotonic())
        except ChatMigrated as error:
            self._calls.moved(message.chat, error.new_chat_id)
        except TelegramError as error:
            if faults.unchanged(error):
                return replacing
            if faults.chat_gone(error):
                raise faults.translated(error) from None
            log.info("preview_dropped", conversation=message.chat.key, reason=error.message)
        finally:
            self._flood.end(now=monotonic(), counted=counted)
            account.turn.release()
        return None

    async def _draft(self, message: OutboundMessage, shown: Rendered) -> bool:
        """Show it as a draft. False where there are none: in groups, on an older server, in a chat that refused one."""
        chat = message.chat
        if not (self._has_drafts and chat.is_direct and chat.id not in self._draftless):
            return False
        draft = self._drafts.get(chat.key)
        if draft is None:
            self._last_draft += 1
            draft = self._last_draft
        try:
            await self._calls.draft(message, shown, draft)
        except (InvalidToken, BadRequest) as error:
            if faults.method_missing(error):
                self._has_drafts = False
                log.info(
                    "drafts_unknown", reason="This Bot API server has no sendMessageDraft: edits are used instead."
                )
            elif isinstance(error, BadRequest):
                self._draftless.add(chat.id)
            else:
                raise
            return False
        self._drafts[chat.key] = draft
        return True

    async def _typing(self, chat: Chat, account: Account, now: float) -> None:
        if now - account.typed_at < _TYPING_SECONDS or now < account.blocked_until:
            return
        account.typed_at = now
        try:
            await self._calls.typing(chat)
        except TelegramError as error:
            if faults.chat_gone(error):
                raise faults.translated(error) from None
            log.debug("typing_dropped", conversation=chat.key, reason=error.message)

    def _abandon(self, message: OutboundMessage, task: asyncio.Task[str | None]) -> None:
        """Nobody waits for this preview any more: the answer will look for its message among the strays."""
        if not task.done():
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)
        elif not task.cancelled() and task.exception() is None and (held := task.result()) is not None:
            self._strays[message.chat.key, message.reply_to] = held
