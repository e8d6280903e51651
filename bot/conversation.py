"""One message to one reply: a prompt, the model, a reply that grows, and everything written down at its end.

Knows the ports; no platform, no scheduler. What goes into a prompt is `context`'s, what is kept `recording`'s, order
and concurrency `dispatch`'s.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime

import structlog

from bot.answering import Answering, Asked, Draft
from bot.channel import Channel
from bot.codec import encode_outbound
from bot.context import Context
from bot.errors import BotError, ModelEmpty, StorageError
from bot.i18n import say
from bot.line import Line, Ticket
from bot.messages import OutboundMessage
from bot.model import ChatModel, Limits
from bot.recording import Recording
from bot.reply import Reply
from memory.database import DatabaseError
from memory.outbox import Delivery, Outbox
from memory.records import ConversationId
from memory.transcripts import Answered, Outcome

NOTICE_AFTER = 6.0  # seconds without a word before the place in the line is told
NOTICE_EVERY = 3.0  # seconds between two looks at it

log = structlog.get_logger()


class Conversation:
    """Answers. One instance serves all conversations."""

    def __init__(
        self,
        *,
        context: Context,
        recording: Recording,
        outbox: Outbox,
        model: ChatModel,
        line: Line,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._context = context
        self._recording = recording
        self._outbox = outbox
        self._model = model
        self._line = line
        self._limits = limits
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
            answered, written = await self._recording.finish(reply, record, answering, draft)
            await self._recording.remember(conversation, answered, written)
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
        request = await self._context.prompt(conversation, answering, draft, model=self._model, limits=self._limits)
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
