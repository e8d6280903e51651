"""The values everything else is said in: who, where, what was said, what was found.

Ground floor: imports nothing of ours and does no I/O.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

PersonId = NewType("PersonId", int)  # row of `people`: one human, however many accounts
TurnId = NewType("TurnId", int)  # row of `turns`; also the id of the memory made from it
ConversationId = NewType("ConversationId", int)  # row of `conversations`
InboxId = NewType("InboxId", int)  # row of `inbox`


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class ScopeKind(StrEnum):
    PERSON = "person"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose memory it is: one person's direct chats, or exactly one group or channel.

    Every question to a store carries one. It is a predicate of the query, never a filter after it.
    """

    kind: ScopeKind
    key: str  # PERSON: the decimal person id. PLACE: "platform:chat id"

    def __post_init__(self) -> None:
        if not self.key or self.key != self.key.strip():
            raise ValueError(f"A scope needs a key, not {self.key!r}.")
        if self.kind is ScopeKind.PERSON and not self.key.isascii():
            raise ValueError(f"A person's scope is a number, not {self.key!r}.")
        if self.kind is ScopeKind.PERSON and not self.key.isdigit():
            raise ValueError(f"A person's scope is a number, not {self.key!r}.")

    @classmethod
    def person(cls, person: PersonId) -> "Scope":
        return cls(kind=ScopeKind.PERSON, key=str(int(person)))

    @classmethod
    def place(cls, platform: str, chat_id: str) -> "Scope":
        return cls(kind=ScopeKind.PLACE, key=f"{platform}:{chat_id}")

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Read what `str` wrote: `person:7`, `place:telegram:-100123`.

        Raises:
            ValueError: the text is neither.
        """
        kind, _, key = text.partition(":")
        if kind not in set(ScopeKind):
            raise ValueError(f"A scope is person:NUMBER or place:PLATFORM:CHAT, not {text!r}.")
        return cls(kind=ScopeKind(kind), key=key)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One identity on one platform, as the platform itself numbers it. Never a name: names can be copied."""

    platform: str
    user_id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who said it. `name` is what the platform shows now: for display, never for a decision."""

    account: Account
    name: str
    person: PersonId | None = None  # None until the core has looked the account up
    is_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing that was said, by a person or by Martín.

    `images` hold the encoded pictures (PNG, JPEG, …) that go to a model that takes them; they are never stored.
    """

    role: Role
    text: str
    said_at: datetime  # aware, UTC
    author: Author | None = None  # None for Martín's own
    id: TurnId | None = None  # None until it is written
    images: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One turn as it is remembered: what a store holds, beside its vector."""

    id: TurnId
    scope: Scope
    conversation: ConversationId  # neighbours are the rows before and after in the same conversation
    role: Role
    speaker: str  # display name at the time
    person: PersonId | None  # who said it; None for Martín and for imported strangers
    text: str
    said_at: datetime  # aware, UTC
    session: str = ""  # groups turns said in one sitting; empty where it is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A memory that answers a question, and how well: higher is better, comparable within one question only."""

    memory: Memory
    score: float
    neighbours: tuple[Memory, ...] = ()  # shown beside it because it is not understood alone
