"""One message to one reply: recall, prompt, model, a reply that grows, and everything written down at its end.

Knows the ports and the stores; no platform, no scheduler. Order and concurrency are `dispatch`'s.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot import prompt
from bot.answering import Answering, Asked, Draft, known_again
from bot.channel import Channel
from bot.codec import encode_outbound
from bot.errors import BotError, ModelEmpty, StorageError
from bot.i18n import say
from bot.line import Line, Ticket
from bot.messages import InboundMessage, OutboundMessage, scope_of
from bot.model import ChatModel, Limits, Prompt
from bot.patience import until_written
from bot.reply import Reply
from bot.saying import day, memory_of, said_by
from memory.database import DatabaseError
from memory.encoder import EmbedderUnavailable
from memory.indexer import Indexer
from memory.outbox import Delivery, Outbox
from memory.people import People
from memory.recall import Recall
from memory.records import ConversationId, Hit, Role, Turn
from memory.rooms import Rooms
from memory.store import MemoryStoreError
from memory.transcripts import Answered, Outcome, Said, Transcripts, Written

NOTICE_AFTER = 6.0  # seconds without a word before the place in the line is told
NOTICE_EVERY = 3.0  # seconds between two looks at it
RECENT_TURNS = 60  # read from the log; the budget decides how many of them fit

log = structlog.get_logger()


class Conversation:
    """Answers. One instance serves all conversations."""

    def __init__(
        self,
        *,
        people: People,
        recall: Recall,
        indexer: Indexer,
        transcripts: Transcripts,
        rooms: Rooms,
        outbox: Outbox,
        model: ChatModel,
        line: Line,
        limits: Limits,
        name: str,
        persona: str,
        context_tokens: int,
        recall_words: int,
        timezone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._recall = recall
        self._indexer = indexer
        self._transcripts = transcripts
        self._rooms = rooms
        self._outbox = outbox
        self._model = model
        self._line = line
        self._limits = limits
        self._name = name
        self._persona = persona
        self._context_tokens = context_tokens
        self._recall_words = recall_words
        self._timezone = timezone
        self._clock = clock

    async def answer(self, channel: Channel, conversation: ConversationId, answering: Answering) -> None:
        """Answer what was asked, deliver it, and write it all down."""
        first, shown = await self._begun(answering)
        chat = first.message.chat
        reply = Reply(
            channel=channel,
            outbox=self._outbox,
            template=OutboundMessage(
                chat=chat,
                text="",
                # A direct chat needs no quoting, but a command may be waiting in its place for this answer.
                reply_to=None if chat.is_direct and not answering.again else first.message.message_id,
                votable=channel.capabilities.votes,
            ),
            conversation=conversation,
            inbox_id=first.inbox_id,
            clock=self._clock,
            shown=shown,
        )
        started = self._clock()
        began = asyncio.get_running_loop().time()
        answering.begins(reply)
        async with reply:
            draft = await self._draft(conversation, answering, reply)
            outcome, text = _ending(draft, answering)
            pieces = reply.pieces(answering.remark + text)
            info = self._model.info
            joined = [asked.inbox_id for asked in answering.asked if asked is not first]
            record = Answered(
                conversation=conversation,
                inputs=(),
                again=None,
                response=None,
                inbox_ids=[*joined, first.inbox_id],
                person=None,
                provider=info.provider,
                model=info.name,
                adapter=info.adapter,
                consents=False,
                outcome=outcome,
                recalled=[hit.memory.id for hit in draft.hits],
                started_at=started,
                recall_ms=draft.recall_ms,
                first_token_ms=draft.first_token_ms,
                total_ms=_milliseconds_since(began),
                pieces=[encode_outbound(piece) for piece in pieces],
            )
            answered, written = await self._finish(reply, record, answering, draft)
            await self._remember(conversation, answered, written)
            await reply.deliver(pieces, written.deliveries)
        log.info(
            "answered",
            chat=chat.key,
            outcome=outcome,
            model=info.name,
            recall_ms=draft.recall_ms,
            first_token_ms=draft.first_token_ms,
            total_ms=answered.total_ms,
        )

    async def _begun(self, answering: Answering) -> tuple[Asked, Sequence[Delivery]]:
        """The message that the reply belongs to, and what of the reply a crash has left in the chat."""
        for asked in answering.asked:
            if asked.resumed and (shown := await self._outbox.started(asked.inbox_id)):
                return asked, shown
        return answering.asked[-1], ()

    # The answer ----------------------------------------------------------------------------------

    async def _draft(self, conversation: ConversationId, answering: Answering, reply: Reply) -> Draft:
        """Generate until the answer is whole; begin anew whenever something joins before its first word."""
        while True:
            draft = Draft()
            count = len(answering.asked)
            generation = asyncio.create_task(self._generate(conversation, answering, reply, draft))
            answering.generates(generation)
            try:
                await asyncio.wait({generation})
            finally:
                generation.cancel()  # of no effect on one that is done
            joined = len(answering.asked) > count
            error: BaseException | None = None
            if not generation.cancelled():
                error = generation.exception()
            elif not joined and not answering.stopped:
                error = asyncio.CancelledError()  # nobody here did that: it came from below
            if error is not None:
                draft.error = _explained(error, chat=reply.chat)
            if not joined or answering.stopped:
                answering.closes()
                return draft
            reply.show("")  # nothing of it is out yet, and nothing of it holds any more

    async def _generate(self, conversation: ConversationId, answering: Answering, reply: Reply, draft: Draft) -> None:
        began = asyncio.get_running_loop().time()
        request = await self._prompt(conversation, answering, draft)
        draft.recall_ms = _milliseconds_since(began)
        ticket = self._line.join()
        teller = asyncio.create_task(_tell_place(ticket, reply, answering.asked[-1].language))
        try:
            async with self._line.queued(ticket), aclosing(self._model.stream(request, limits=self._limits)) as stream:
                async for piece in stream:
                    if draft.first_token_ms is None:
                        draft.first_token_ms = _milliseconds_since(began)
                        ticket.served()
                    draft.text += piece
                    reply.show(answering.remark + draft.text)
            if not draft.text.strip():
                raise ModelEmpty("The model ended without a word.")
        finally:
            teller.cancel()

    async def _prompt(self, conversation: ConversationId, answering: Answering, draft: Draft) -> Prompt:
        """Persona, memories and recent turns for what is asked."""
        last = answering.asked[-1]
        message = last.message
        asked = [self._turn(each) for each in answering.asked] if not answering.again else [answering.again.input]
        question = "\n".join(turn.text for turn in asked)
        now = self._clock()
        recent = await self._transcripts.recent(conversation, limit=RECENT_TURNS)
        if answering.again:
            again = answering.again.input_id
            recent = [turn for turn in recent if turn.id is not None and turn.id < again]
        draft.hits = await self._recalled(message, question, now=now, recent=recent)
        return prompt.build(
            persona=await self._persona_for(last),
            turns=[*recent, *asked],
            hits=draft.hits,
            now=now,
            timezone=self._timezone,
            language=last.language,
            context_tokens=self._context_tokens,
            answer_tokens=self._limits.max_tokens,
            count=self._model.count,
            asker=message.author,
            group=not message.chat.is_direct,
            name=self._name,
        )

    async def _recalled(
        self, message: InboundMessage, question: str, *, now: datetime, recent: Sequence[Turn]
    ) -> Sequence[Hit]:
        """What the conversation's scope holds about the question. An answer without memories is better than none."""
        scope = scope_of(message.chat, message.author)
        try:
            await self._indexer.settled(scope)
            return await self._recall.ask(
                question,
                scope=scope,
                asker=message.author,
                now=now,
                words=self._recall_words,
                exclude=[turn.id for turn in recent if turn.id is not None],
            )
        except (EmbedderUnavailable, MemoryStoreError) as error:
            log.error("nothing recalled", chat=message.chat.key, error=str(error), hint=error.hint)
            return ()

    async def _persona_for(self, asked: Asked) -> str:
        """The group's in a group, the person's in a direct chat, else the configured one."""
        chat = asked.message.chat
        own = asked.person.persona if chat.is_direct else (await self._rooms.get(chat.platform, chat.id)).persona
        return own or self._persona

    def _turn(self, asked: Asked) -> Turn:
        message = asked.message
        quoted = message.reply_to
        text = message.text
        if quoted is not None and not quoted.is_mine and quoted.text:
            lines = "\n".join(f"> {line}" for line in quoted.text.splitlines())  # or the rest would pass for theirs
            text = f"{lines}\n\n{text}"
        return Turn(role=Role.USER, text=text, said_at=message.sent_at, author=message.author, images=asked.pictures)

    # What is kept of it --------------------------------------------------------------------------

    async def _finish(
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
            response=self._response(last, draft, record.outcome),
            person=last.person.id,
            consents=last.person.learns and whose == last.person.id,
        )

    def _said(self, asked: Asked) -> Said:
        message = asked.message
        return said_by(message, session=day(message.sent_at, self._timezone), memorable=asked.person.remembers)

    def _response(self, last: Asked, draft: Draft, outcome: Outcome) -> Said | None:
        """Martín's own turn; None where not a word came. What recalls only what was said is no memory of its own."""
        if not draft.text.strip():
            return None
        own_words = self._model.info.provider != "none"
        now = self._clock()
        return Said(
            role=Role.ASSISTANT,
            text=draft.text,
            said_at=now,
            scope=scope_of(last.message.chat, last.message.author),
            speaker=self._name,
            session=day(now, self._timezone),
            memorable=own_words and outcome is Outcome.COMPLETE and last.person.remembers,
        )

    async def _remember(self, conversation: ConversationId, answered: Answered, written: Written) -> None:
        """Hand the new turns to the index; take back those that a /retry has replaced."""
        said = list(zip(answered.inputs, written.inputs, strict=True))
        if answered.response is not None and written.response is not None:
            said.append((answered.response, written.response))
        for turn, id_ in said:
            if turn.memorable:
                self._indexer.put(memory_of(turn, id=id_, conversation=conversation))
        if written.replaced:
            await self._indexer.drop(written.replaced)


def _ending(draft: Draft, answering: Answering) -> tuple[Outcome, str]:
    """How the answer ended, and the whole text to show for it."""
    language = answering.asked[-1].language
    text = draft.text.strip()
    if answering.stopped:
        return Outcome.STOPPED, f"{text}\n\n{say(language, 'core-stopped')}".strip()
    if draft.error is None:
        return Outcome.COMPLETE, text
    outcome = Outcome.BROKEN if text else Outcome.FAILED
    return outcome, f"{text}\n\n{say(language, draft.error.key)}".strip()


def _explained(error: BaseException, *, chat: str) -> BotError:
    """The error to tell the person of, whatever it was; logged here, once."""
    if isinstance(error, BotError):
        log.warning("no answer", chat=chat, error=str(error))
        return error
    if isinstance(error, DatabaseError):
        log.error("no answer", chat=chat, error=str(error), hint=error.hint)
        return StorageError(str(error), hint=error.hint)
    log.error("no answer", chat=chat, exc_info=error)
    return BotError("Something unexpected happened.")


async def _tell_place(ticket: Ticket, reply: Reply, language: str) -> None:
    """While no word has come, say how many are before them. Cancelled when the answer is done."""
    await asyncio.sleep(NOTICE_AFTER)
    while (place := ticket.place) > 0:
        if place > 1:
            reply.notice(say(language, "core-place-in-line", place=place))
        await asyncio.sleep(NOTICE_EVERY)


def _milliseconds_since(began: float) -> int:
    return round((asyncio.get_running_loop().time() - began) * 1000)
