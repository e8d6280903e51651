"""Everything one person ever said, a stretch of it, or one memory: gone from every store.

Two stores forget: the database first, in one transaction that also notes that there is more to do; then the vector
store, from which deleted rows are purged off the disk, and the database's own journal. Killed in between, `resume`
finishes the work at the next start. The audit keeps that it happened, by whom and how much, never what.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory import unsaying
from memory.audit import note
from memory.database import Database, insert_new
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import facts, turns
from memory.unsaying import Unsaid

UNFINISHED = "forgetting unfinished"  # the fact that says so

log = structlog.get_logger()


class Store(Protocol):
    """What forgetting asks of the vector store."""

    async def delete(
        self, *, ids: Collection[TurnId] = (), person: PersonId | None = None, scope: Scope | None = None
    ) -> int: ...

    async def purge(self) -> None:
        """Take what was deleted off the disk."""
        ...

    async def ids(self) -> NDArray[np.int64]: ...


class Indexer(Protocol):
    """What forgetting asks of whoever fills the vector store."""

    async def settled(self, scope: Scope) -> None:
        """Wait until what was on its way into the store is there: it must not arrive after it was deleted."""
        ...

    async def add(self, memories: Sequence[Memory]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReport:
    """What was forgotten, in figures that may be told and kept."""

    turns: int  # what the person said
    answers: int  # what Martín said to it, or with it
    redacted: int  # others' messages that quoted it, now without the quotes
    votes: int
    corrections: int


class Forgetting:
    """Makes things unsaid. One at a time; others may write meanwhile."""

    def __init__(
        self, database: Database, *, store: Store, indexer: Indexer, forgotten: Callable[[], None] = lambda: None
    ) -> None:
        """`forgotten` is called when a person's accounts are gone: whoever keeps them in mind lets go of them."""
        self._database = database
        self._forgotten = forgotten
        self._store = store
        self._indexer = indexer
        self._one = asyncio.Lock()

    async def some(
        self,
        *,
        person: PersonId,
        scope: Scope,
        turns: Collection[TurnId] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        now: datetime,
    ) -> int:
        """Forget what a person said in one scope, and what was answered: these turns, or everything in the half-open
        time between `since` and `until` (None: without end). Returns how many turns they had said.
        """
        report = await self.forget_some(
            person=person, scope=scope, chosen=turns, since=since, until=until, by=person, now=now
        )
        return report.turns

    async def person(self, person: PersonId, *, now: datetime) -> int:
        """Forget everything one person ever said, anywhere. Returns how many turns."""
        return (await self.forget_person(person, by=person, now=now)).turns

    async def forget_some(
        self,
        *,
        person: PersonId,
        scope: Scope,
        chosen: Collection[TurnId] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        by: PersonId | None,
        now: datetime,
    ) -> ForgetReport:
        """As `some`; `by` is who asked, None for the command line.

        Raises:
            DatabaseError: nothing was forgotten.
        """
        where = [turns.c.person_id == person, turns.c.scope == str(scope)]
        if chosen:
            where.append(turns.c.id.in_(chosen))
        if since is not None:
            where.append(turns.c.said_at >= since)
        if until is not None:
            where.append(turns.c.said_at < until)
        async with self._one:
            async with self._database.writing() as connection:
                unsaid = await unsaying.choose(connection, *where)
                if not unsaid.gone:
                    return ForgetReport(turns=0, answers=0, redacted=0, votes=0, corrections=0)
                await unsaying.unsay(connection, unsaid)
                report = await self._noted(connection, unsaid, person=person, by=by, now=now)
            await self._finish(unsaid)
        return report

    async def forget_person(self, person: PersonId, *, by: PersonId | None, now: datetime) -> ForgetReport:
        """Everything they ever said, all of their direct chats, their accounts, settings, votes, codes and usage.

        What stays: the audit, what admins decided about their accounts (a ban is not lifted by being forgotten), and
        the platforms' numbers of messages, by which a redelivered one is not answered again.

        Raises:
            DatabaseError: nothing was forgotten.
        """
        own = Scope.person(person)
        async with self._one:
            async with self._database.writing() as connection:
                private = await unsaying.private_conversations(connection, person)
                unsaid = await unsaying.choose(connection, (turns.c.person_id == person) | (turns.c.scope == str(own)))
                await unsaying.unsay(connection, unsaid)
                await unsaying.dissolve(connection, person, unsaid)
                await unsaying.close_conversations(connection, private)
                report = await self._noted(connection, unsaid, person=person, by=by, now=now)
            self._forgotten()
            await self._finish(unsaid, person=person)
        return report

    async def resume(self) -> bool:
        """Finish what a crash interrupted. Whether there was anything: call it at the start."""
        async with self._one:
            async with self._database.reading() as connection:
                unfinished = await connection.scalar(select(facts.c.value).where(facts.c.key == UNFINISHED))
                if unfinished is None:
                    return False
                current = await connection.execute(select(turns.c.id).where(turns.c.indexed_at.is_not(None)))
                kept = set(current.scalars())
            stale = [TurnId(int(turn)) for turn in await self._store.ids() if int(turn) not in kept]
            await self._store.delete(ids=stale)  # what is still to be indexed comes again, as it reads now
            await self._purge()
            log.info("forgetting resumed", memories=len(stale))
        return True

    async def _noted(
        self, connection: AsyncConnection, unsaid: Unsaid, *, person: PersonId, by: PersonId | None, now: datetime
    ) -> ForgetReport:
        report = ForgetReport(
            turns=len(unsaid.said),
            answers=len(unsaid.gone) - len(unsaid.said),
            redacted=len(unsaid.redacted),
            votes=unsaid.votes,
            corrections=unsaid.corrections,
        )
        detail = f"person {person}: {report.turns} turns, {report.answers} answers, {report.redacted} quotes"
        await note(connection, action="forget", who=by, now=now, detail=detail)
        await connection.execute(
            insert_new(connection, facts).values(key=UNFINISHED, value="1").on_conflict_do_nothing()
        )
        return report

    async def _finish(self, unsaid: Unsaid, *, person: PersonId | None = None) -> None:
        for scope in sorted(unsaid.scopes):
            await self._indexer.settled(Scope.parse(scope))
        own = None if person is None else Scope.person(person)
        await self._store.delete(ids=unsaid.gone | unsaid.redacted, person=person, scope=own)
        await self._indexer.add(await self._read(unsaid.redacted))
        await self._purge()
        log.info("forgotten", turns=len(unsaid.gone), redacted=len(unsaid.redacted), scopes=len(unsaid.scopes))

    async def _purge(self) -> None:
        await self._store.purge()
        if not await self._database.scrub():
            log.warning("forgetting unfinished", hint="the database is in use elsewhere; it ends at the next start")
            return
        async with self._database.writing() as connection:
            await connection.execute(delete(facts).where(facts.c.key == UNFINISHED))

    async def _read(self, ids: Collection[TurnId]) -> list[Memory]:
        if not ids:
            return []
        async with self._database.reading() as connection:
            rows = await connection.execute(select(turns).where(turns.c.id.in_(ids), turns.c.memorable.is_(True)))
            return [
                Memory(
                    id=TurnId(row.id),
                    scope=Scope.parse(row.scope),
                    conversation=ConversationId(row.conversation_id),
                    role=Role(row.role),
                    speaker=row.speaker,
                    person=None if row.person_id is None else PersonId(row.person_id),
                    text=row.text,
                    said_at=row.said_at,
                    session=row.session,
                )
                for row in rows
            ]
