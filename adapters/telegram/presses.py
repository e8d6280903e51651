"""The answers that pressed buttons get: the little notice, and a keyboard without the choice that was made."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from adapters.telegram.buttons import verdict_of
from adapters.telegram.previews import Previews
from bot.i18n import say
from bot.messages import Inbound, InboundMessage, InboundVote, Receipt, Verdict

_NOTICES = {Verdict.GOOD: "telegram-vote-good", Verdict.BAD: "telegram-vote-bad"}
_WORKERS = 8

log = structlog.get_logger()


class Presses:
    """A queue of pressed buttons, so that nothing waits for their notices."""

    def __init__(self, bot: Bot, previews: Previews) -> None:
        self._bot = bot
        self._previews = previews
        self._waiting: asyncio.Queue[tuple[Mapping[str, Any], Inbound | None, Receipt | None]] = asyncio.Queue(1000)

    def add(self, query: Mapping[str, Any], inbound: Inbound | None, receipt: Receipt | None) -> None:
        """The core has dealt with `query`, a `callback_query`. Its spinner goes by itself if there are too many."""
        if not self._waiting.full():
            self._waiting.put_nowait((query, inbound, receipt))

    async def answer_all(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            query, inbound, receipt = await self._waiting.get()
            taken = receipt in (Receipt.TAKEN, Receipt.DONE)
            try:
                await self._bot.answer_callback_query(
                    str(query.get("id")), text=_notice(query, inbound) if taken else None
                )
            except TelegramError as error:
                log.debug("press_unanswered", reason=error.message)
            if taken and isinstance(inbound, InboundMessage):
                message = query["message"]
                await self._previews.retire(inbound.chat, str(message["message_id"]), _votes_of(message))


def _notice(query: Mapping[str, Any], inbound: Inbound | None) -> str | None:
    if not isinstance(inbound, InboundVote):
        return None
    return say(str(query["from"].get("language_code", "")), _NOTICES[inbound.verdict])


def _votes_of(message: Mapping[str, Any]) -> InlineKeyboardMarkup | None:
    """The message's keyboard with nothing but its 👍 and 👎."""
    rows = [
        [
            InlineKeyboardButton(button["text"], callback_data=button["callback_data"])
            for button in row
            if verdict_of(button.get("callback_data", ""))
        ]
        for row in message["reply_markup"]["inline_keyboard"]
    ]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None
