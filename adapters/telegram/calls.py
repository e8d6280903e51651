"""The calls that put something into a chat, one method each. Decides nothing, waits for nothing, hides no error."""

from typing import Any

from telegram import Bot, InputFile, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction

from adapters.telegram import render
from adapters.telegram.render import Rendered
from bot.messages import Chat, File, OutboundMessage

_SOON = 10.0  # seconds of patience with a call that another will follow
_NO_LINK_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Calls:
    """An open `Bot`, spoken to in our values. Every method raises `telegram.error.TelegramError`."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._moved: dict[str, int] = {}

    def moved(self, chat: Chat, new_id: int) -> None:
        """The group became a supergroup, with a new id."""
        self._moved[chat.id] = new_id

    async def send(self, message: OutboundMessage, shown: Rendered, *, final: bool) -> str:
        """A new message; its id. Only a final one has buttons."""
        sent = await self._bot.send_message(
            text=shown.text,
            entities=shown.entities,
            reply_markup=render.markup(message) if final else None,
            link_preview_options=_NO_LINK_PREVIEW,
            **self._place(message),
        )
        return str(sent.message_id)

    async def edit(self, message: OutboundMessage, shown: Rendered, message_id: str, *, final: bool) -> str:
        """The message `message_id` reads so from now on; its id again."""
        await self._bot.edit_message_text(
            text=shown.text,
            entities=shown.entities,
            chat_id=self._chat_id(message.chat),
            message_id=int(message_id),
            reply_markup=render.keyboard(message) if final else None,
            link_preview_options=_NO_LINK_PREVIEW,
        )
        return message_id

    async def send_file(self, message: OutboundMessage, file: File, caption: Rendered | None) -> str:
        """A file as a message of its own; its id. The one with the caption has the buttons."""
        said: dict[str, Any] = {}
        if caption is not None:
            said = {"caption": caption.text, "caption_entities": caption.entities}
            said["reply_markup"] = render.markup(message)
        content = InputFile(file.content, filename=file.name)
        place = self._place(message)
        if render.is_photo(file):
            sent = await self._bot.send_photo(photo=content, **said, **place)
        else:
            sent = await self._bot.send_document(document=content, **said, **place)
        return str(sent.message_id)

    async def draft(self, message: OutboundMessage, shown: Rendered, draft_id: int) -> None:
        """Show the draft `draft_id`; it goes by itself when a message comes, or after 30 seconds."""
        await self._bot.send_message_draft(
            chat_id=self._chat_id(message.chat),
            draft_id=draft_id,
            text=shown.text,
            entities=shown.entities,
            message_thread_id=_number(message.chat.thread_id),
            read_timeout=_SOON,
        )

    async def typing(self, chat: Chat) -> None:
        """Show "typing…" for five seconds."""
        await self._bot.send_chat_action(
            chat_id=self._chat_id(chat),
            action=ChatAction.TYPING,
            message_thread_id=_number(chat.thread_id),
            read_timeout=_SOON,
        )

    async def set_buttons(self, chat: Chat, message_id: str, keyboard: render.Keyboard | None) -> None:
        """Leave only `keyboard` under a message of ours."""
        await self._bot.edit_message_reply_markup(
            chat_id=self._chat_id(chat), message_id=int(message_id), reply_markup=keyboard, read_timeout=_SOON
        )

    def _chat_id(self, chat: Chat) -> int:
        return self._moved.get(chat.id, int(chat.id))

    def _place(self, message: OutboundMessage) -> dict[str, Any]:
        reply_to = _number(message.reply_to or "")
        return {
            "chat_id": self._chat_id(message.chat),
            "message_thread_id": _number(message.chat.thread_id),
            "reply_parameters": ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
        }


def _number(text: str) -> int | None:
    """A message's or topic's id; None for what is none (a pressed button's)."""
    return int(text) if text.isdecimal() else None
