"""Where conversations are: their row in the log, and the platform that a chat belongs to."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from bot.channel import Channel
from bot.messages import Chat, OutboundMessage
from bot.notices import Notices
from memory.records import ConversationId
from memory.transcripts import Transcripts

log = structlog.get_logger()


async def conversation_in(transcripts: Transcripts, chat: Chat, *, now: datetime) -> ConversationId:
    """The log's conversation for a chat."""
    return await transcripts.conversation(
        key=chat.key,
        platform=chat.platform,
        chat_id=chat.id,
        thread_id=chat.thread_id,
        kind=chat.kind,
        title=chat.title,
        server_id=chat.server_id,
        now=now,
    )


class Connected:
    """The platforms that are served, as commands reach them (`bot.commands.call.Platforms`)."""

    def __init__(self, channels: Mapping[str, Channel], *, notices: Notices) -> None:
        """`channels` by platform; it may grow while the house is opened."""
        self._channels = channels
        self._notices = notices

    async def administers(self, chat: Chat, user_id: str) -> bool:
        channel = self._channels.get(chat.platform)
        return channel is not None and await channel.administers(chat, user_id)

    async def tell(self, chat: Chat, text: str) -> None:
        """Say something in a chat that nobody there has just asked for: an approval, a report."""
        channel = self._channels.get(chat.platform)
        if channel is None:
            log.info("no channel to tell", chat=chat.key)
            return
        await self._notices.tell_stranger(channel, OutboundMessage(chat=chat, text=text))
