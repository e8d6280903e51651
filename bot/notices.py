"""What Martín says that is not an answer of the model: replies to commands, refusals, questions back.

Written to the outbox before it is sent, except to strangers, of whom nothing is kept.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot import chunking
from bot.channel import Channel
from bot.codec import encode_outbound
from bot.errors import ChannelGone
from bot.messages import Capabilities, OutboundMessage
from bot.patience import until_written
from memory.inbox import Inbox, InboxState
from memory.outbox import Delivery, Outbox, Purpose
from memory.records import ConversationId, InboxId

log = structlog.get_logger()


class Notices:
    """Says things once, also through a crash."""

    def __init__(self, *, inbox: Inbox, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._clock = clock

    async def tell(
        self,
        channel: Channel,
        message: OutboundMessage,
        *,
        conversation: ConversationId,
        answers: Sequence[InboxId] = (),
        purpose: Purpose = Purpose.NOTICE,
        exchange: int | None = None,
        replacing: str | None = None,
    ) -> None:
        """Say `message`, split where it is long, and close the inbox rows that it answers.

        `replacing` is the message that has shown its progress, if one has.
        """
        messages = in_pieces(message, channel.capabilities)
        if message.files:
            await self._tell_with_files(channel, messages, answers)
            return

        async def write() -> list[Delivery]:
            return await self._outbox.outgoing(
                [encode_outbound(piece) for piece in messages],
                conversation=conversation,
                inbox_ids=answers,
                now=self._clock(),
                purpose=purpose,
                exchange=exchange,
            )

        deliveries = await until_written(write, chat=message.chat.key)
        if replacing is not None:
            deliveries[0] = replace(deliveries[0], message_id=replacing)
        for piece, delivery in zip(messages, deliveries, strict=True):
            await send(channel, self._outbox, piece, delivery)

    async def tell_stranger(self, channel: Channel, message: OutboundMessage) -> None:
        """Say it and keep nothing."""
        for piece in in_pieces(message, channel.capabilities):
            try:
                await channel.deliver(piece, replacing=None, nonce=secrets.token_hex(12))
            except ChannelGone as error:
                log.info("never delivered", chat=message.chat.key, reason=error.message)

    async def _tell_with_files(
        self, channel: Channel, messages: Sequence[OutboundMessage], answers: Sequence[InboxId]
    ) -> None:
        """Files are not kept in the outbox: if a crash comes first, the command runs again and makes them anew."""
        row = answers[-1] if answers else secrets.token_hex(8)
        for number, piece in enumerate(messages):
            try:
                await channel.deliver(piece, replacing=None, nonce=f"file-{row}-{number}")
            except ChannelGone as error:
                log.info("never delivered", chat=piece.chat.key, reason=error.message)
        if answers:
            await self._inbox.close(answers, state=InboxState.ANSWERED, now=self._clock())


def in_pieces(message: OutboundMessage, limits: Capabilities) -> list[OutboundMessage]:
    """The message as the platform's messages; the first replies, the last one carries buttons and files."""
    parts = chunking.split(message.text, limit=limits.message_limit, utf16=limits.utf16) or [""]
    plain = replace(message, votable=False, choices=(), files=(), asks_correction=False)
    last = len(parts) - 1
    return [
        replace(plain if number < last else message, text=part, reply_to=answers(message, number))
        for number, part in enumerate(parts)
    ]


def answers(message: OutboundMessage, piece: int) -> str | None:
    """What a piece replies to: the first one what was asked, the rest nothing, unless only who asked may see them."""
    return message.reply_to if piece == 0 or message.private else None


async def send(channel: Channel, outbox: Outbox, message: OutboundMessage, delivery: Delivery) -> None:
    """Deliver one piece and write down that it is there, or that it never will be."""
    chat = message.chat.key
    try:
        message_id = await channel.deliver(message, replacing=delivery.message_id, nonce=delivery.nonce)
    except ChannelGone as error:
        log.info("never delivered", chat=chat, reason=error.message)
        await until_written(lambda: outbox.gone(delivery.id), chat=chat)
    else:
        await until_written(lambda: outbox.delivered(delivery.id, message_id=message_id), chat=chat)
