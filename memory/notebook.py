"""A person's own memories in one scope: written on request, looked through, found by number.

A memory's number is its turn's id. Every question carries the scope and the person: nobody reads another's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, insert, select

from memory.database import Database
from memory.language import folded
from memory.records import Account, ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import accounts, conversations, turns

CHUNK = 500  # rows looked through at a time when words are searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing somebody said."""

    id: TurnId
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some notes, newest first, out of `total`."""

    notes: tuple[Note, ...]
    total: int


class Notebook:
    """What persons have said, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        text: str,
        *,
        scope: Scope,
        conversation: str,
        account: Account,
        person: PersonId,
        speaker: str,
        message_id: str,
        now: datetime,
    ) -> Memory:
        """Remember `text` as said by a person in the conversation with key `conversation`. Told twice, kept once.

        Raises:
            LookupError: there is no such conversation.
        """
        async with self._database.writing() as connection:
            place = await connection.scalar(select(conversations.c.id).where(conversations.c.key == conversation))
            if place is None:
                raise LookupError(f"No conversation {conversation!r}.")
            source, external = "remember", f"{conversation}:{message_id}"[:128]
            turn = await connection.scalar(
                select(turns.c.id).where(turns.c.source == source, turns.c.external_id == external)
            )
            if turn is None:  # the same command may run again after a crash
                turn = await connection.scalar(
                    insert(turns)
                    .values(
                        conversation_id=place,
                        scope=str(scope),
                        role=Role.USER,
                        account_id=select(accounts.c.id)
                        .where(accounts.c.platform == account.platform, accounts.c.user_id == account.user_id)
                        .scalar_subquery(),
                        person_id=person,
                        speaker=speaker[:256],
                        text=text,
                        said_at=now,
                        message_id=message_id,
                        source=source,
                        external_id=external,
                    )
                    .returning(turns.c.id)
                )
        return Memory(
            id=TurnId(int(turn or 0)),
            scope=scope,
            conversation=ConversationId(place),
            role=Role.USER,
            speaker=speaker,
            person=person,
            text=text,
            said_at=now,
        )

    async def page(self, *, scope: Scope, person: PersonId, words: str = "", skip: int = 0, limit: int = 5) -> Page:
        """Notes that hold every one of `words` (accents and capitals aside), newest first."""
        wanted = folded(words).split()
        if wanted:
            return await self._search(scope, person, wanted, skip=skip, limit=limit)
        async with self._database.reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(turns).where(_own(scope, person)))
            rows = await connection.execute(_notes(scope, person).offset(skip).limit(limit))
            notes = tuple(Note(id=TurnId(row.id), text=row.text, said_at=row.said_at) for row in rows)
        return Page(notes=notes, total=total or 0)

    async def get(self, note: TurnId, *, scope: Scope, person: PersonId) -> Note | None:
        """One note of a person's own in this scope."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_notes(scope, person).where(turns.c.id == note))).one_or_none()
        return None if row is None else Note(id=TurnId(row.id), text=row.text, said_at=row.said_at)

    async def count(
        self, *, scope: Scope, person: PersonId, since: datetime | None = None, until: datetime | None = None
    ) -> int:
        """How many things a person said in a scope, in the half-open time given."""
        asked = select(func.count()).select_from(turns).where(_own(scope, person))
        if since is not None:
            asked = asked.where(turns.c.said_at >= since)
        if until is not None:
            asked = asked.where(turns.c.said_at < until)
        async with self._database.reading() as connection:
            return await connection.scalar(asked) or 0

    async def _search(self, scope: Scope, person: PersonId, wanted: list[str], *, skip: int, limit: int) -> Page:
        # Folded here rather than in SQL: SQLite's lower() knows ASCII only, and "cadiz" must find "Cádiz".
        found: list[Note] = []
        below: TurnId | None = None
        while True:
            asked = _notes(scope, person).limit(CHUNK)
            if below is not None:
                asked = asked.where(turns.c.id < below)
            async with self._database.reading() as connection:
                rows = (await connection.execute(asked)).all()
            for row in rows:
                text = folded(row.text)
                if all(word in text for word in wanted):
                    found.append(Note(id=TurnId(row.id), text=row.text, said_at=row.said_at))
            if len(rows) < CHUNK:
                return Page(notes=tuple(found[skip : skip + limit]), total=len(found))
            below = TurnId(rows[-1].id)


def _own(scope: Scope, person: PersonId) -> ColumnElement[bool]:
    return (
        (turns.c.scope == str(scope))
        & (turns.c.person_id == person)
        & (turns.c.role == Role.USER)
        & turns.c.memorable.is_(True)
    )


def _notes(scope: Scope, person: PersonId) -> Select[tuple[int, str, datetime]]:
    return select(turns.c.id, turns.c.text, turns.c.said_at).where(_own(scope, person)).order_by(turns.c.id.desc())
