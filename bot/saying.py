"""From a message to the turn that is written of it, and to the memory that is made of the turn. Pure."""

from datetime import datetime, tzinfo

from bot.messages import InboundMessage, scope_of
from memory.records import ConversationId, Memory, Role, TurnId
from memory.transcripts import Said


def said_by(message: InboundMessage, *, session: str, memorable: bool = True) -> Said:
    """The turn that a person's message is. Its author's person is known."""
    author = message.author
    return Said(
        role=Role.USER,
        text=message.text,
        said_at=message.sent_at,
        scope=scope_of(message.chat, author),
        person=author.person,
        speaker=author.name,
        platform=author.account.platform,
        user_id=author.account.user_id,
        message_id=message.message_id,
        reply_to=message.reply_to.message_id if message.reply_to else "",
        session=session,
        memorable=memorable and bool(message.text.strip()),
    )


def memory_of(said: Said, *, id: TurnId, conversation: ConversationId) -> Memory:  # noqa: A002  the field's name
    """A written turn as it is remembered."""
    return Memory(
        id=id,
        scope=said.scope,
        conversation=conversation,
        role=said.role,
        speaker=said.speaker,
        person=said.person,
        text=said.text,
        said_at=said.said_at,
        session=said.session,
    )


def day(at: datetime, timezone: tzinfo) -> str:
    """The local day of a moment: what is said on one day is one sitting."""
    return at.astimezone(timezone).date().isoformat()
