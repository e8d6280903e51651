"""The list of commands that Telegram offers behind the "/" key. Knows plain values, not the registry of commands."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import RetryAfter, TelegramError

from adapters.telegram import faults

_DESCRIPTION = 256  # characters

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One command as one language shows it."""

    name: str  # without "/"
    description: str
    language: str  # "es"
    admin: bool = False
    direct_only: bool = False  # makes no sense in a group


async def publish(bot: Bot, entries: Sequence[MenuEntry], *, admins: Iterable[str], language: str) -> None:
    """Tell Telegram the commands: for groups, for direct chats, and for each admin (user ids) in theirs.

    `language` is the one for people whose own has no entries. Refusals are logged: the commands work all the same.
    """
    shown_in: list[tuple[BotCommandScope, list[MenuEntry]]] = [
        (BotCommandScopeDefault(), [entry for entry in entries if not entry.admin and not entry.direct_only]),
        (BotCommandScopeAllPrivateChats(), [entry for entry in entries if not entry.admin]),
        *((BotCommandScopeChat(int(admin)), list(entries)) for admin in admins if admin.isdecimal()),
    ]
    for scope, listed in shown_in:
        for code in ("", *sorted({entry.language for entry in listed})):
            wanted = [
                BotCommand(entry.name, entry.description[:_DESCRIPTION])
                for entry in listed
                if entry.language == (code or language)
            ]
            if wanted:
                await _set(bot, wanted, scope, code)


async def _set(bot: Bot, wanted: list[BotCommand], scope: BotCommandScope, language: str) -> None:
    for _ in range(3):
        try:
            await bot.set_my_commands(wanted, scope=scope, language_code=language or None)
        except RetryAfter as error:
            await asyncio.sleep(faults.seconds(error))
        except TelegramError as error:
            # An admin who never wrote to the bot has no chat with it yet.
            log.info("menu_refused", scope=scope.type, language=language, reason=error.message)
            return
        else:
            return
