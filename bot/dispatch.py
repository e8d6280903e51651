"""From everything that comes in to the one thing that is done with it.

Access first, then the durable inbox, then the attendant, who answers. Knows no platform, only channels.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.access import Access, Decision, Ruling
from bot.answering import Asked
from bot.attendant import Attendant
from bot.channel import Channel, Handler
from bot.codec import encode_inbound
from bot.commands.registry import written
from bot.errors import StorageError
from bot.feedback import Feedback
from bot.i18n import say, supported
from bot.language import detect
from bot.limits import Quotas, Tally
from bot.messages import Chat, Inbound, InboundMessage, InboundVote, OutboundMessage, Receipt
from bot.overhearing import Overhearing
from bot.places import conversation_in
from memory.database import DatabaseError
from memory.inbox import Inbox
from memory.people import People, Person, author_of
from memory.records import ConversationId
from memory.transcripts import Transcripts

MOST_WAITING = 20  # messages of one conversation: whoever sends more is told
TELL_EVERY = timedelta(minutes=1)  # how often one chat is told that it is too much

log = structlog.get_logger()


class Dispatcher:
    """Takes what comes in on any channel. Works while the attendant's lanes are open."""

    def __init__(
        self,
        *,
        access: Access,
        people: People,
        quotas: Quotas,
        inbox: Inbox,
        transcripts: Transcripts,
        feedback: Feedback,
        overhearing: Overhearing,
        attendant: Attendant,
        queue_size: int,
        language: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`queue_size` is how many messages may wait, all conversations together; `language` whoever's is not known."""
        self._access = access
        self._people = people
        self._quotas = quotas
        self._inbox = inbox
        self._transcripts = transcripts
        self._feedback = feedback
        self._overhearing = overhearing
        self._attendant = attendant
        self._queue_size = queue_size
        self._unknown_language = language
        self._clock = clock
        self._told_of_crowd = Tally(limit=1, window=TELL_EVERY)
        self._told_of_storage = Tally(limit=1, window=timedelta(minutes=10))

    def handler(self, channel: Channel) -> Handler:
        """What a channel calls with everything that comes in."""
        return partial(self.handle, channel)

    async def handle(self, channel: Channel, inbound: Inbound) -> Receipt:
        """Deal with something inbound, or write it down to be dealt with.

        Raises:
            StorageError: it could not be written down. It must not be acknowledged, but handed in again later.
        """
        try:
            return await self._handle(channel, inbound)
        except DatabaseError as error:
            log.error("cannot write", chat=inbound.chat.key, error=str(error), hint=error.hint)
            if isinstance(inbound, InboundMessage) and self._told_of_storage.take(inbound.chat.key, now=self._clock()):
                text = say(supported(inbound.language, default=self._unknown_language), StorageError.key)
                told = OutboundMessage(chat=inbound.chat, text=text)
                self._attendant.tell_stranger(channel, told)
            raise StorageError(str(error), hint=error.hint) from error

    async def _handle(self, channel: Channel, inbound: Inbound) -> Receipt:
        now = self._clock()
        if isinstance(inbound, InboundVote) and not await self._feedback.concerns(inbound):
            return Receipt.REFUSED
        decision = await self._access.check(inbound, now=now)
        person = decision.person
        if decision.is_refused or person is None:
            return await self._refuse(channel, inbound, decision, now)
        conversation = await conversation_in(self._transcripts, inbound.chat, now=now)
        if isinstance(inbound, InboundVote):
            return await self._feedback.vote(
                channel, inbound, conversation=conversation, person=person, language=decision.language
            )
        inbound = replace(inbound, author=author_of(inbound.author, person))
        if not isinstance(inbound, InboundMessage):
            return await self._feedback.correction(inbound, person=person)
        if decision.ruling is Ruling.LISTEN:
            return await self._overhearing.keep(inbound, conversation=conversation, now=now)
        return await self._take(channel, inbound, conversation, decision, now)

    async def _refuse(self, channel: Channel, inbound: Inbound, decision: Decision, now: datetime) -> Receipt:
        """Keep its id and nothing else; say why, where there is something to say."""
        if not isinstance(inbound, InboundMessage):
            return Receipt.REFUSED
        chat = inbound.chat
        if not await self._inbox.refuse(
            platform=chat.platform, chat_id=chat.id, message_id=inbound.message_id, now=now
        ):
            return Receipt.DUPLICATE
        if decision.notice:
            notice = OutboundMessage(
                chat=chat, text=decision.notice, reply_to=None if chat.is_direct else inbound.message_id
            )
            self._attendant.tell_stranger(channel, notice)
        return Receipt.DONE if decision.ruling is Ruling.CLAIMED else Receipt.REFUSED

    async def _take(
        self, channel: Channel, message: InboundMessage, conversation: ConversationId, decision: Decision, now: datetime
    ) -> Receipt:
        """Write a message down, then put it in its conversation's lane. /stop passes every queue."""
        person = decision.person
        if person is None:
            raise ValueError("Only a known person's message is taken.")
        chat = message.chat
        command = written(message.text)
        language = await self._language(message, person, is_command=command is not None) or decision.language
        stops = command is not None and command[0] == "stop"
        inbox_id, refusal = await asyncio.gather(
            self._inbox.receive(
                conversation=conversation,
                platform=chat.platform,
                chat_id=chat.id,
                message_id=message.message_id,
                payload=encode_inbound(message),
                now=now,
            ),
            self._spend(decision, now, free=stops),
        )
        if inbox_id is None:
            return Receipt.DUPLICATE
        asked = Asked(inbox_id=inbox_id, message=message, person=person, language=language)
        if refusal is None and not stops:
            refusal = self._too_many(chat, language, now)
        if refusal is not None:
            self._attendant.turn_down(channel, conversation, asked, refusal)
            return Receipt.DONE
        if stops:
            self._attendant.run_aside(channel, conversation, asked)
            return Receipt.DONE
        self._attendant.take_on(channel, conversation, asked)
        return Receipt.TAKEN

    def _too_many(self, chat: Chat, language: str, now: datetime) -> str | None:
        """What to say if too many wait already, "" where it was just said, None to go on."""
        here, everywhere = self._attendant.waiting(chat), self._attendant.all_waiting
        if here < MOST_WAITING and everywhere < self._queue_size:
            return None
        if not self._told_of_crowd.take(chat.key, now=now):
            return ""
        if here >= MOST_WAITING:
            return say(language, "core-too-many", waiting=here)
        return say(language, "core-crowded", waiting=everywhere)

    async def _spend(self, decision: Decision, now: datetime, *, free: bool) -> str | None:
        """Count a message against its author's limits: what to say if it is too much, "" for nothing, None to go on."""
        if decision.is_admin or free or decision.person is None:
            return None
        try:
            refusal = await self._quotas.spend(
                decision.person.id, is_admin=decision.is_admin, language=decision.language, now=now
            )
        except DatabaseError as error:  # the message itself may be written: what cannot be counted is not refused
            log.error("cannot count", person=decision.person.id, error=str(error), hint=error.hint)
            return None
        return None if refusal is None else refusal.notice

    async def _language(self, message: InboundMessage, person: Person, *, is_command: bool) -> str:
        """The language to answer in: theirs, or the one this message shows while theirs is not known.

        A command shows none: everybody writes "/forget everything yes".
        """
        if person.language or is_command:
            return person.language
        found = await asyncio.to_thread(detect, message.text)  # its first call loads a model
        if found:  # nobody waits for it to be written: if it is lost, the next message shows it again
            self._attendant.aside(message.chat, lambda: self._people.set_language(person.id, found, chosen=False))
        return found
