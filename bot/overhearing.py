"""What is said in a group that lets Martín listen, though not to him.

Remembered in the group's own scope; never answered, and no training example without its author's consent.
"""

from datetime import datetime, tzinfo

from bot.messages import InboundMessage, Receipt
from bot.saying import day, memory_of, said_by
from memory.indexer import Indexer
from memory.records import ConversationId
from memory.transcripts import Transcripts


class Overhearing:
    """Keeps what was said around Martín."""

    def __init__(self, *, transcripts: Transcripts, indexer: Indexer, timezone: tzinfo) -> None:
        self._transcripts = transcripts
        self._indexer = indexer
        self._timezone = timezone

    async def keep(self, message: InboundMessage, *, conversation: ConversationId, now: datetime) -> Receipt:
        """Write a turn that nobody answers."""
        if not message.text.strip():
            return Receipt.REFUSED
        said = said_by(message, session=day(message.sent_at, self._timezone))
        turn = await self._transcripts.overhear(said, conversation=conversation, chat_id=message.chat.id, now=now)
        if turn is None:
            return Receipt.DUPLICATE
        self._indexer.put(memory_of(said, id=turn, conversation=conversation))
        return Receipt.DONE
