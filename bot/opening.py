"""Opens what was sent with a message, before it is answered: text into the turn, pictures beside it.

What cannot be opened becomes a remark for the person. Downloads through the channel, never more than a limit.
"""

from dataclasses import replace

import structlog

from bot import attachments
from bot.answering import Asked
from bot.channel import Channel
from bot.errors import AttachmentRefused, BotError
from bot.i18n import say
from bot.messages import Attachment, AttachmentKind
from bot.model import ChatModel

log = structlog.get_logger()


class Opening:
    """Opens attachments of at most `max_bytes` each."""

    def __init__(self, *, model: ChatModel, max_bytes: int) -> None:
        self._model = model
        self._max_bytes = max_bytes

    async def opened(self, channel: Channel, asked: Asked) -> Asked:
        """The same message with its files read."""
        texts, pictures, remarks = [asked.message.text], [], []
        for attachment in asked.message.attachments:
            refusal = attachments.refusal(
                attachment, language=asked.language, takes_images=self._model.info.takes_images
            )
            if refusal:
                remarks.append(refusal)
                continue
            try:
                content = await self._content(channel, attachment)
                if attachment.kind is AttachmentKind.IMAGE:
                    pictures.append(attachments.picture(content))
                else:
                    texts.append(attachments.read(attachment, content, language=asked.language))
            except BotError as error:
                log.info("attachment refused", chat=asked.message.chat.key, reason=error.message)
                remarks.append(say(asked.language, error.key, name=attachment.name))
        return replace(
            asked,
            message=replace(asked.message, text="\n\n".join(filter(None, texts))),
            pictures=tuple(pictures),
            remark="\n\n".join(dict.fromkeys(remarks)),
        )

    async def _content(self, channel: Channel, attachment: Attachment) -> bytes:
        limit = min(self._max_bytes, attachments.LIMITS[attachment.kind])
        if attachment.size > limit:
            raise AttachmentRefused(f"{attachment.size} bytes are more than {limit}.")
        return await channel.fetch(attachment, limit=limit)
