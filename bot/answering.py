"""An answer under way: what was asked, what has come of it, what may still be added, how it is stopped.

State, and whose it is; `conversation` does the work.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.errors import BotError
from bot.messages import InboundMessage
from bot.reply import Reply
from memory.people import People, Person, author_of
from memory.records import Hit, InboxId
from memory.transcripts import LastExchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One message that waits for an answer."""

    inbox_id: InboxId
    message: InboundMessage  # its author's person is known
    person: Person
    language: str
    resumed: bool = False  # a crash came before its answer: part of a reply may already be shown
    pictures: tuple[bytes, ...] = ()
    remark: str = ""  # about a file that could not be read: stands before the answer


@dataclass(slots=True, kw_only=True)
class Draft:
    """An answer as it comes."""

    text: str = ""
    hits: Sequence[Hit] = ()
    error: BotError | None = None
    recall_ms: int | None = None
    first_token_ms: int | None = None


@dataclass(slots=True, kw_only=True)
class Answering:
    """The answer under way in one conversation: what may be added to it, and how it is stopped."""

    asked: list[Asked]
    again: LastExchange | None = None  # /retry
    stopped: bool = False
    _reply: Reply | None = field(default=None)
    _generation: "asyncio.Task[None] | None" = field(default=None)
    _closed: bool = field(default=False)

    def takes(self, asked: Asked) -> bool:
        """Join a message to this answer, if its person is the same and no word of it is out yet."""
        if self._closed or self.stopped or self.again or (self._reply is not None and self._reply.begun):
            return False
        if asked.person.id != self.asked[-1].person.id:
            return False
        self.asked.append(asked)
        if self._generation is not None:
            self._generation.cancel()
        return True

    @property
    def remark(self) -> str:
        """What stands before the answer."""
        return "".join(f"{each.remark}\n\n" for each in self.asked if each.remark)

    def begins(self, reply: Reply) -> None:
        self._reply = reply

    def generates(self, generation: "asyncio.Task[None]") -> None:
        self._generation = generation
        if self.stopped:
            generation.cancel()

    def closes(self) -> None:
        """Nothing can be added any more: the answer is being written down."""
        self._closed = True

    def stop(self) -> None:
        """Say no more; what was said stays."""
        self.stopped = True
        if self._generation is not None:
            self._generation.cancel()


async def known_again(people: People, asked: Asked) -> Asked | None:
    """The same message of who its author is now: accounts may have been linked since. None: they were forgotten."""
    person = await people.find(asked.message.author.account)
    if person is None:
        return None
    if person == asked.person:
        return asked
    return replace(asked, person=person, message=replace(asked.message, author=author_of(asked.message.author, person)))
