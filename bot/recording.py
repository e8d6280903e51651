"""What is kept of an answer: its turns and its exchange in the log, then in the memories.

Decides nothing of what is said; knows who may be remembered, and who agreed to be learned from.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.answering import Answering, Asked, Draft, known_again
from bot.consent import Consent
from bot.errors import StorageError
from bot.i18n import say
from bot.messages import scope_of
from bot.patience import until_written
from bot.reply import Reply
from bot.saying import day, memory_of, said_by
from memory.indexer import Indexer
from memory.people import People
from memory.records import ConversationId, Role
from memory.transcripts import Answered, Outcome, Said, Transcripts, Written


class Recording:
    """Writes answers down."""

    def __init__(
        self,
        *,
        people: People,
        indexer: Indexer,
        transcripts: Transcripts,
        consent: Consent,
        name: str,
        timezone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._indexer = indexer
        self._transcripts = transcripts
        self._consent = consent
        self._name = name
        self._timezone = timezone
        self._clock = clock

    async def finish(
        self, reply: Reply, record: Answered, answering: Answering, draft: Draft
    ) -> tuple[Answered, Written]:
        """Write it down; while the disk is full or the database locked, say so and try on: nothing is lost."""
        shown = draft.text
        apology = say(answering.asked[-1].language, StorageError.key)

        async def write() -> tuple[Answered, Written]:
            answered = await self._of_whom(record, answering, draft)
            return answered, await self._transcripts.finish(answered, now=self._clock())

        return await until_written(write, chat=reply.chat, failed=lambda: reply.show(f"{shown}\n\n{apology}".strip()))

    async def _of_whom(self, record: Answered, answering: Answering, draft: Draft) -> Answered:
        """The record with what was said, and by whom as things stand now: accounts may have been linked meanwhile.

        Of somebody who was forgotten meanwhile nothing is added: they are answered, and that is all.
        """
        asked = [await known_again(self._people, each) for each in answering.asked]
        last = asked[-1]
        if last is None:
            return record
        again = answering.again
        whose = last.person.id if again is None or again.input.author is None else again.input.author.person
        return replace(
            record,
            inputs=() if again else [self._said(each) for each in asked if each is not None],
            again=again.input_id if again else None,
            response=self._response(last, draft, record),
            person=last.person.id,
            consents=whose == last.person.id and self._consent.given(last.person, platform=last.message.chat.platform),
        )

    def _said(self, asked: Asked) -> Said:
        message = asked.message
        return said_by(message, session=day(message.sent_at, self._timezone), memorable=asked.person.remembers)

    def _response(self, last: Asked, draft: Draft, record: Answered) -> Said | None:
        """Martín's own turn; None where not a word came. What recalls only what was said is no memory of its own."""
        if not draft.text.strip():
            return None
        own_words = record.provider != "none"
        now = self._clock()
        return Said(
            role=Role.ASSISTANT,
            text=draft.text,
            said_at=now,
            scope=scope_of(last.message.chat, last.message.author),
            speaker=self._name,
            session=day(now, self._timezone),
            memorable=own_words and record.outcome is Outcome.COMPLETE and last.person.remembers,
        )

    async def remember(self, conversation: ConversationId, answered: Answered, written: Written) -> None:
        """Hand the new turns to the index; take back those that a /retry has replaced."""
        if len(written.inputs) < len(answered.inputs):
            return  # somebody was forgotten in the meantime
        said = list(zip(answered.inputs, written.inputs, strict=True))
        if answered.response is not None and written.response is not None:
            said.append((answered.response, written.response))
        for turn, id_ in said:
            if turn.memorable:
                self._indexer.put(memory_of(turn, id=id_, conversation=conversation))
        if written.replaced:
            await self._indexer.drop(written.replaced)
