"""What a crash or a stop left unfinished, taken up again at the next start, in the order it came.

Knows no platform, only channels.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.answering import Asked
from bot.attendant import Attendant
from bot.channel import Channel
from bot.codec import Unreadable, decode_inbound, decode_outbound
from bot.i18n import say, supported
from bot.lanes import Lanes
from bot.notices import send
from bot.places import conversation_in
from memory.inbox import Inbox, InboxState
from memory.outbox import Outbox
from memory.people import People, author_of
from memory.transcripts import Transcripts

log = structlog.get_logger()


class Resuming:
    """Takes up what was left. `language` is for people whose own is not known."""

    def __init__(
        self,
        *,
        attendant: Attendant,
        lanes: Lanes,
        people: People,
        inbox: Inbox,
        outbox: Outbox,
        transcripts: Transcripts,
        apologise_after: timedelta,
        language: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._attendant = attendant
        self._lanes = lanes
        self._people = people
        self._inbox = inbox
        self._outbox = outbox
        self._transcripts = transcripts
        self._apologise_after = apologise_after
        self._language = language
        self._clock = clock

    async def resume(self, channel: Channel) -> None:
        """Deliver what was said and not confirmed, then answer what was received and not answered."""
        for delivery in await self._outbox.undelivered(channel.platform):
            try:
                message = decode_outbound(delivery.payload)
            except Unreadable as error:
                log.error("a kept reply cannot be read", error=str(error))
                await self._outbox.gone(delivery.id)
                continue
            self._lanes.add(message.chat.key, partial(send, channel, self._outbox, message, delivery))
        now = self._clock()
        for received in await self._inbox.waiting(channel.platform):
            try:
                message_in = decode_inbound(received.payload)
            except Unreadable as error:
                log.error("a kept message cannot be read", error=str(error))
                await self._inbox.close([received.id], state=InboxState.PASSED, now=now)
                continue
            person = await self._people.resolve(message_in.author, now=now)
            asked = Asked(
                inbox_id=received.id,
                message=replace(message_in, author=author_of(message_in.author, person)),
                person=person,
                language=person.language or supported(message_in.language, default=self._language),
                resumed=True,
            )
            conversation = await conversation_in(self._transcripts, message_in.chat, now=now)
            if now - received.received_at > self._apologise_after:
                apology = say(asked.language, "core-apology")
                self._attendant.apologise(channel, conversation, asked, apology)
            else:
                self._attendant.take_on(channel, conversation, asked)
