"""What a command is, what it is given, and what it gives back.

The ports that commands reach the rest of the house through are here too: each is owned by whoever asks.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol, TypeAlias

from bot.i18n import say
from bot.messages import Chat, ChatKind, Choice, File, InboundMessage
from bot.model import ModelCatalogue
from bot.pairing import Pairing
from memory.audit import Audit
from memory.export import PersonExport
from memory.grants import Grants
from memory.notebook import Notebook
from memory.people import People, Person
from memory.records import Memory, PersonId, Scope, TurnId
from memory.rooms import Rooms

EVERYWHERE = frozenset(ChatKind)
IN_DIRECT = frozenset({ChatKind.DIRECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command says. Empty text: nothing, since something else answers."""

    text: str
    choices: tuple[Choice, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False  # only for who asked, where the platform can


class Conversations(Protocol):
    """The conversations under way."""

    async def stop(self, chat: Chat) -> bool:
        """End the answer being written, if there is one."""
        ...

    async def retry(self, message: InboundMessage) -> bool:
        """Answer again what was asked last. The new answer is the reply to `message`. False: nothing was asked."""
        ...


class Platforms(Protocol):
    """The connections to the platforms."""

    async def administers(self, chat: Chat, user_id: str) -> bool:
        """Whether the chat's platform says that this user administers this group."""
        ...

    async def tell(self, chat: Chat, text: str) -> None:
        """Say something in another chat."""
        ...


class Forgetting(Protocol):
    """Makes things unsaid, in every store."""

    async def some(
        self,
        *,
        person: PersonId,
        scope: Scope,
        turns: tuple[TurnId, ...] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        now: datetime,
    ) -> int:
        """Forget what a person said in one scope, and what was answered: these turns, or everything in the half-open
        time between `since` and `until` (None: without end). Returns how many turns.
        """
        ...

    async def person(self, person: PersonId, *, now: datetime) -> int:
        """Forget everything one person ever said, anywhere. Returns how many turns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseStatus:
    """How the house is doing, for its admins."""

    started_at: datetime
    provider: str
    model: str
    adapter: str
    answering: int  # conversations being answered now
    waiting: int  # messages in line
    people: int
    turns: int
    memories: int
    messages_today: int
    last_nightly: datetime | None  # None: there was none yet
    disk_free: int  # bytes, where the data lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything commands work with. Built once."""

    people: People
    grants: Grants
    pairing: Pairing
    rooms: Rooms
    notebook: Notebook
    audit: Audit
    forgetting: Forgetting
    models: ModelCatalogue
    export: Callable[[PersonId, datetime], Awaitable[PersonExport]]  # everything held about one person
    index: Callable[[Memory], None]  # into the vector store, soon
    status: Callable[[], Awaitable[HouseStatus]]
    timezone: tzinfo
    name: str  # Martín's


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a command."""

    message: InboundMessage
    person: Person
    language: str
    argument: str  # what follows the command's name, stripped
    is_admin: bool
    scope: Scope
    now: datetime
    services: Services
    conversations: Conversations
    platforms: Platforms
    commands: "tuple[Command, ...]"

    def say(self, key: str, **values: object) -> str:
        """A text in the person's language."""
        return say(self.language, key, **values)

    @property
    def chat(self) -> Chat:
        return self.message.chat

    @property
    def words(self) -> list[str]:
        """The argument's words, lower case."""
        return self.argument.lower().split()

    def local(self, moment: datetime) -> datetime:
        """A moment in the configured time zone."""
        return moment.astimezone(self.services.timezone)


Outcome: TypeAlias = Answer | AsyncGenerator[Answer, None]
"""One answer, or several, each shown in place of the one before: the progress of something long."""

Handler: TypeAlias = Callable[[Call], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, the same on every platform.

    Its texts are in Fluent: `command-NAME` (what it does, at most 100 characters, since Discord takes no more) and
    `command-NAME-usage` ("/remember TEXT").
    """

    name: str
    handler: Handler
    takes: bool = False  # something may follow its name
    admin: bool = False  # only for admins, and shown to nobody else
    private: bool = False  # its answers are for who asked alone, where the platform can
    places: frozenset[ChatKind] = EVERYWHERE  # where it works

    def description(self, language: str) -> str:
        return say(language, f"command-{self.name}")

    def usage(self, language: str) -> str:
        return say(language, f"command-{self.name}-usage")
