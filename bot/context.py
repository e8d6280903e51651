"""What the model is given for one answer: persona, what is recalled, and what was said last.

Reads the log, the memories and the settings of a conversation; writes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bot import prompt
from bot.answering import Answering, Asked, Draft
from bot.messages import InboundMessage, scope_of
from bot.model import ChatModel, Limits, Prompt
from memory.encoder import EmbedderUnavailable
from memory.indexer import Indexer
from memory.recall import Recall
from memory.records import ConversationId, Hit, Role, Turn
from memory.rooms import Rooms
from memory.store import MemoryStoreError
from memory.transcripts import Transcripts

RECENT_TURNS = 60  # read from the log; the budget decides how many of them fit

log = structlog.get_logger()


class Context:
    """Makes prompts."""

    def __init__(
        self,
        *,
        recall: Recall,
        indexer: Indexer,
        transcripts: Transcripts,
        rooms: Rooms,
        name: str,
        persona: str,
        context_tokens: int,
        recall_words: int,
        timezone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._recall = recall
        self._indexer = indexer
        self._transcripts = transcripts
        self._rooms = rooms
        self._name = name
        self._persona = persona
        self._context_tokens = context_tokens
        self._recall_words = recall_words
        self._timezone = timezone
        self._clock = clock

    async def prompt(
        self, conversation: ConversationId, answering: Answering, draft: Draft, *, model: ChatModel, limits: Limits
    ) -> Prompt:
        """Persona, memories and recent turns for what is asked. Notes in `draft` what was recalled."""
        last = answering.asked[-1]
        message = last.message
        asked = [_turn(each) for each in answering.asked] if not answering.again else [answering.again.input]
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
            answer_tokens=limits.max_tokens,
            count=model.count,
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


def _turn(asked: Asked) -> Turn:
    message = asked.message
    quoted = message.reply_to
    text = message.text
    if quoted is not None and not quoted.is_mine and quoted.text:
        lines = "\n".join(f"> {line}" for line in quoted.text.splitlines())  # or the rest would pass for theirs
        text = f"{lines}\n\n{text}"
    return Turn(role=Role.USER, text=text, said_at=message.sent_at, author=message.author, images=asked.pictures)
