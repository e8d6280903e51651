"""One visible reply: typing, then growing, then there for good.

Drives a channel at a pace the platform bears, and keeps the outbox's word: what was shown is known by its message id,
so that a restart ends the same message and never sends a second one.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType

import structlog

from bot import chunking, pacing
from bot.channel import Channel
from bot.errors import ChannelError, ChannelGone
from bot.messages import OutboundMessage
from bot.notices import answers, in_pieces, send
from memory.outbox import Delivery, Outbox
from memory.records import ConversationId, InboxId

TYPING_AFTER = 0.7  # seconds: a quick answer needs no "typing…" before it
TYPING_SECONDS = 4.0  # Telegram shows "typing…" for 5 s, Discord for 10
LAST_SECONDS = 1.0  # for what is on its way to the platform when Martín is stopped

log = structlog.get_logger()


class Reply:
    """The reply to one inbox row, on one channel.

    Within `async with` a painter shows whatever `show` said last, as often as the channel allows. `deliver` ends it.
    """

    def __init__(
        self,
        *,
        channel: Channel,
        outbox: Outbox,
        template: OutboundMessage,
        conversation: ConversationId,
        inbox_id: InboxId,
        clock: Callable[[], datetime],
        shown: Sequence[Delivery] = (),
    ) -> None:
        self._channel = channel
        self._outbox = outbox
        self._template = template
        self._conversation = conversation
        self._inbox_id = inbox_id
        self._clock = clock
        self._ids = {piece.piece: piece.message_id for piece in shown}
        self._nonces = {piece.piece: piece.nonce for piece in shown}
        self._settled: dict[int, str] = {}  # pieces that have their full text already, while later ones still grow
        self._text = ""
        self._notice = ""
        self._changed = asyncio.Event()
        self._resting = asyncio.Event()
        self._painter: asyncio.Task[None] | None = None
        self._shown: pacing.Shown | None = None
        self.begun = False  # a word of the answer is out, or on its way

    @property
    def chat(self) -> str:
        """The conversation's identity, for the log."""
        return self._template.chat.key

    async def __aenter__(self) -> "Reply":
        self._painter = asyncio.create_task(self._paint(), name=f"paint {self._template.chat.key}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._rest(within=LAST_SECONDS if isinstance(error, asyncio.CancelledError) else None)

    def show(self, text: str) -> None:
        """This is the answer so far. The newest wins."""
        self._text = text
        self._changed.set()

    def notice(self, text: str) -> None:
        """Something to read while there is no word of the answer yet: the place in the line."""
        if text != self._notice:
            self._notice = text
            self._changed.set()

    def pieces(self, text: str) -> list[OutboundMessage]:
        """The final text as the messages that will hold it; the last one carries the template's buttons."""
        return in_pieces(replace(self._template, text=text), self._channel.capabilities)

    async def deliver(self, messages: Sequence[OutboundMessage], deliveries: Sequence[Delivery]) -> None:
        """Bring every piece to its final text, in order, once.

        Previews that the final text does not reach any more (it was cut by a crash and came out shorter) are emptied.
        """
        await self._rest()
        for message, written in zip(messages, deliveries, strict=True):
            # A preview may have arrived since the delivery was written down: it is the message that gets the text.
            delivery = replace(written, message_id=self._ids.get(written.piece) or written.message_id)
            if delivery.message_id and self._settled.get(delivery.piece) == message.text and not message.votable:
                await self._outbox.delivered(delivery.id, message_id=delivery.message_id)
                continue
            await send(self._channel, self._outbox, message, delivery)
        for piece, message_id in self._ids.items():
            if piece >= len(messages) and message_id:
                emptied = replace(self._template, text="⋯", votable=False, choices=(), files=())
                try:
                    await self._channel.deliver(emptied, replacing=message_id, nonce=self._nonce(piece))
                except ChannelGone:
                    break

    def _nonce(self, piece: int) -> str:
        return self._nonces.setdefault(piece, secrets.token_hex(12))

    async def _rest(self, *, within: float | None = None) -> None:
        """Stop painting. A preview on its way to the platform is waited for: its message id must be known."""
        painter, self._painter = self._painter, None
        self._resting.set()
        self._changed.set()
        if painter is None:
            return
        try:
            await asyncio.wait({painter}, timeout=within)
        finally:
            painter.cancel()  # of no effect on one that is done

    # Painting ------------------------------------------------------------------------------------

    async def _paint(self) -> None:
        chat = self._template.chat
        await _happens(self._changed, within=TYPING_AFTER)
        while not self._resting.is_set():
            pause = self._pause() if self._text else 0.0
            if pause is None or pause > 0:
                self._changed.clear()
                await _happens(self._changed if pause is None else self._resting, within=pause)
                continue
            self._changed.clear()
            try:
                await (self._show_answer(self._text) if self._text else self._preview(0, self._notice))
            except ChannelGone as error:
                log.info("chat is gone", chat=chat.key, reason=error.message)
                return
            except ChannelError as error:
                log.info("preview dropped", chat=chat.key, reason=error.message)
            except Exception:  # a loop's edge: whatever became of a preview, the answer is delivered
                log.exception("preview failed", chat=chat.key)
            if not self._text:
                await _happens(self._changed, within=TYPING_SECONDS)

    def _pause(self) -> float | None:
        """Seconds until the answer may be painted again, or until it is worth asking; None: not before it has grown."""
        limits = self._channel.capabilities
        pace = limits.preview_interval if self._template.chat.is_direct else limits.group_preview_interval
        interval, now = pace.total_seconds(), asyncio.get_running_loop().time()
        pause = pacing.wait(len(self._text), shown=self._shown, now=now, interval=interval)
        return None if pause is None else min(pause, interval)  # by then it may have grown enough

    async def _show_answer(self, text: str) -> None:
        limits = self._channel.capabilities
        now = asyncio.get_running_loop().time()
        self._shown = pacing.Shown(length=len(text), at=now, since=self._shown.since if self._shown else now)
        if not limits.previews:
            return
        self.begun = True
        *full, growing = chunking.split(text, limit=limits.message_limit, utf16=limits.utf16) or [""]
        for piece, part in enumerate(full):
            if self._settled.get(piece) != part:
                await self._settle(piece, part)
        await self._preview(len(full), chunking.preview_text(growing, limit=limits.message_limit, utf16=limits.utf16))

    async def _preview(self, piece: int, text: str) -> None:
        message = self._bare(piece, text)
        known = self._ids.get(piece)
        shown = await self._channel.preview(message, replacing=known)
        if shown is not None and shown != known:
            await self._note(piece, shown)

    async def _settle(self, piece: int, text: str) -> None:
        """A piece is full while the answer grows on: it gets its text for good, and the next message begins."""
        if piece not in self._ids:
            await self._note(piece, None)
        message = self._bare(piece, text)
        shown = await self._channel.deliver(message, replacing=self._ids.get(piece), nonce=self._nonce(piece))
        self._settled[piece] = text
        await self._note(piece, shown)

    def _bare(self, piece: int, text: str) -> OutboundMessage:
        """A piece without what only the finished answer carries."""
        reply_to = answers(self._template, piece)
        return replace(self._template, text=text, votable=False, choices=(), files=(), reply_to=reply_to)

    async def _note(self, piece: int, message_id: str | None) -> None:
        self._ids[piece] = message_id
        await self._outbox.growing(
            self._inbox_id,
            conversation=self._conversation,
            piece=piece,
            nonce=self._nonce(piece),
            message_id=message_id,
            now=self._clock(),
        )


async def _happens(event: asyncio.Event, *, within: float | None) -> None:
    """Wait for the event, but no longer than that many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            await event.wait()
