"""The one list of commands, and the way from a message to the answer of the right one.

Every platform renders `COMMANDS`; none has commands of its own.
"""

import difflib
import re
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

import structlog

from bot.commands import administration, memories, models, own, talk
from bot.commands.call import Answer, Call, Command, Conversations, Platforms, Services
from bot.i18n import say
from bot.messages import Addressing, ChatKind, Choice, InboundMessage, scope_of
from memory.people import Person, author_of

COMMANDS: tuple[Command, ...] = (
    *talk.COMMANDS,
    *memories.COMMANDS,
    *own.COMMANDS,
    *administration.COMMANDS,
    *models.COMMANDS,
)

_WRITTEN = re.compile(r"/([a-z][a-z0-9_]{0,31})(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)

log = structlog.get_logger()


def written(text: str) -> tuple[str, str] | None:
    """The name and the argument of a command, or None: a path ("/etc/hosts") or a lone slash is no command."""
    found = _WRITTEN.fullmatch(text.strip())
    return None if found is None else (found[1].lower(), (found[2] or "").strip())


def offered(*, admin: bool, kind: ChatKind | None = None) -> list[Command]:
    """The commands to list for somebody, in one kind of chat or in all."""
    return [
        command for command in COMMANDS if (admin or not command.admin) and (kind is None or kind in command.places)
    ]


def nearest(name: str, among: Sequence[Command]) -> Command | None:
    """The command that was probably meant."""
    close = difflib.get_close_matches(name, [command.name for command in among], n=1, cutoff=0.6)
    return next((command for command in among if close and command.name == close[0]), None)


class Commands:
    """Runs commands."""

    def __init__(self, services: Services, *, commands: tuple[Command, ...] = COMMANDS) -> None:
        self._services = services
        self._commands = commands

    async def run(
        self,
        message: InboundMessage,
        *,
        person: Person,
        language: str,
        now: datetime,
        conversations: Conversations,
        platforms: Platforms,
    ) -> AsyncGenerator[Answer, None]:
        """The answers of the command that `message` is (see `written`): each replaces the one before, the last stays.
        None at all if it seems to be another bot's.

        Whether its author is an admin is asked here and now, of the account: a message may have waited for long.

        Raises:
            BotError: the command could not be carried out.
        """
        name, argument = written(message.text) or ("", "")
        book = await self._services.grants.book()
        is_admin = book.is_admin(message.author.account, person)
        command = next((each for each in self._commands if each.name == name), None)
        if command is None:
            if message.chat.is_direct or message.addressing is not Addressing.COMMAND:
                yield self._unknown(name, language, is_admin=is_admin)
            return  # in a group a bare "/name" may well be another bot's
        if command.admin and not is_admin:
            yield Answer(text=say(language, "commands-admins-only"), private=True)
            return
        if message.chat.kind not in command.places:
            yield Answer(text=say(language, "commands-direct-only", name=name), private=True)
            return
        log.info("command", name=command.name, conversation=message.chat.key, person=person.id)
        outcome = await command.handler(
            Call(
                message=message,
                person=person,
                language=language,
                argument=argument,
                is_admin=is_admin,
                scope=scope_of(message.chat, author_of(message.author, person)),
                now=now,
                services=self._services,
                conversations=conversations,
                platforms=platforms,
                commands=self._commands,
            )
        )
        if isinstance(outcome, Answer):
            yield outcome
            return
        try:
            async for answer in outcome:
                yield answer
        finally:
            await outcome.aclose()

    def _unknown(self, name: str, language: str, *, is_admin: bool) -> Answer:
        meant = nearest(name, [each for each in self._commands if is_admin or not each.admin])
        if meant is None:
            return Answer(text=say(language, "commands-unknown", name=name))
        choice = Choice(label=f"/{meant.name}", command=f"/{meant.name}")
        return Answer(text=say(language, "commands-unknown-near", name=name, near=meant.name), choices=(choice,))
