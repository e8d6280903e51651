"""Turns of the log into the store: one at a time as they are said, in bulk, and after a crash.

The log (SQL) is the truth and the store follows it: `turns.indexed_at` is written once the store has a turn, so that
whatever a crash or a full disk keeps from the store is found again by `repair`. Embeds and adds; ranks nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import structlog
from sqlalchemy import Row, select, update

from memory.database import Database, DatabaseError
from memory.embedder import Embedder
from memory.encoder import EmbedderUnavailable
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import turns
from memory.store import MemoryStoreError, MemoryWriter

_log = structlog.get_logger()

GATHER = 0.25  # seconds a turn waits for others to share its batch and its fragment
BATCH = 512  # memories embedded and added at once
IN_ONE = 500  # ids in one SQL statement: SQLite takes 32,766 parameters, PostgreSQL 65,535, older ones 999
BACKOFF = (1.0, 60.0)  # seconds until the next try after a failure: doubled each time, from, up to
HELD = 10_000  # turns kept waiting while the store fails; more are left to `repair`, which finds them in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What `repair` did, in memories."""

    indexed: int  # in the log and not in the store
    removed: int  # in the store and no longer in the log


class Indexer:
    """The one writer of memories. Made by `open`, which also flushes what is waiting when it closes."""

    def __init__(
        self, *, database: Database, store: MemoryWriter, embedder: Embedder, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._store = store
        self._embedder = embedder
        self._clock = clock
        self._waiting: dict[TurnId, Memory] = {}  # in order of arrival
        self._arrived = asyncio.Event()
        self._hurried = asyncio.Event()
        self._tried = asyncio.Condition()  # notified after every try to index what waits
        self._failing = False
        self._overflowed = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, database: Database, store: MemoryWriter, embedder: Embedder, clock: Callable[[], datetime]
    ) -> AsyncIterator["Indexer"]:
        indexer = cls(database=database, store=store, embedder=embedder, clock=clock)
        running = asyncio.create_task(indexer._run(), name="indexer")
        try:
            yield indexer
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await indexer._flush()

    # As it is said ---------------------------------------------------------------------------------

    def put(self, memory: Memory) -> None:
        """Remember `memory` soon: within a second, together with others. Never fails; never blocks."""
        if len(self._waiting) >= HELD:
            self._overflowed = True
            return
        self._waiting[memory.id] = memory
        self._arrived.set()

    async def settled(self, scope: Scope) -> None:
        """Return once what was put for `scope` can be found. While the store fails, at once: it is tried again later,
        and nobody need wait.
        """
        async with self._tried:
            while not self._failing and any(memory.scope == scope for memory in self._waiting.values()):
                self._hurried.set()
                await self._tried.wait()

    async def drop(self, ids: Collection[TurnId]) -> None:
        """Take turns that the log no longer counts as memorable out of the store. What fails now, `repair` does."""
        for turn in ids:
            self._waiting.pop(turn, None)
        try:
            if ids:
                await self._store.delete(ids=ids)
        except MemoryStoreError as error:
            _log.error("indexer.not_dropped", turns=len(ids), error=type(error).__name__, reason=str(error))

    async def _run(self) -> None:
        delay = BACKOFF[0]
        while True:
            await self._arrived.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), GATHER)
            self._hurried.clear()
            if await self._flush():
                delay = BACKOFF[0]
                await self._after()
                continue
            self._arrived.clear()  # a new turn is tried at once, the waiting ones with it
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), delay)
            self._arrived.set()
            delay = min(delay * 2, BACKOFF[1])

    async def _flush(self) -> bool:
        """Index what waits; whether that went well. What did not stays waiting."""
        batch = list(self._waiting.values())
        try:
            await self.add(batch)
        except (MemoryStoreError, DatabaseError, EmbedderUnavailable) as error:
            _log.error("indexer.failed", waiting=len(batch), error=type(error).__name__, reason=str(error))
            self._failing = True
        else:
            self._failing = False
            for memory in batch:
                self._waiting.pop(memory.id, None)  # it may have been dropped meanwhile
            if not self._waiting:
                self._arrived.clear()
        async with self._tried:
            self._tried.notify_all()
        return not self._failing

    async def _after(self) -> None:
        """What nobody waits for: housekeeping, and what could not be held while the store failed."""
        try:
            await self._store.tidy()
            if self._overflowed:
                self._overflowed = False
                await self.repair()
        except (MemoryStoreError, DatabaseError, EmbedderUnavailable) as error:
            _log.error("indexer.untidy", error=type(error).__name__, reason=str(error))

    # In bulk ---------------------------------------------------------------------------------------

    async def add(self, memories: Sequence[Memory]) -> None:
        """Index `memories`, which are in the log, and return once they can be found. May be repeated.

        Raises:
            EmbedderUnavailable, MemoryStoreError, DatabaseError: those not yet marked in the log are still to be done.
        """
        for start in range(0, len(memories), BATCH):
            batch = memories[start : start + BATCH]
            await self._store.add(batch, await self._embedder.embed([memory.text for memory in batch]))
            await self._mark([memory.id for memory in batch])
        if len(memories) > BATCH:
            await self._store.tidy()

    async def _mark(self, ids: Sequence[TurnId]) -> None:
        """Note in the log that the store has these; take back those that were forgotten while they were embedded."""
        kept: set[int] = set()
        async with self._database.writing() as connection:
            for some in _parts(ids):
                there = turns.c.id.in_(some) & turns.c.memorable
                await connection.execute(update(turns).where(there).values(indexed_at=self._clock()))
                kept.update(await connection.scalars(select(turns.c.id).where(there)))
        forgotten = [turn for turn in ids if turn not in kept]
        if forgotten:
            await self._store.delete(ids=forgotten)

    # After a crash ---------------------------------------------------------------------------------

    async def repair(self) -> RepairReport:
        """Make the store hold exactly the memorable turns of the log. Raises as `add` does; may be repeated."""
        removed = await self._agree()
        indexed, last = 0, 0
        while page := await self._unindexed(after=last):
            await self.add(page)
            indexed += len(page)
            last = page[-1].id
        report = RepairReport(indexed=indexed, removed=removed)
        if indexed or removed:
            _log.info("indexer.repaired", indexed=indexed, removed=removed)
        return report

    async def _agree(self) -> int:
        """Remove from the store what the log lacks, and mark in the log what the store lacks. How many were removed."""
        async with self._database.reading() as connection:
            memorable = select(turns.c.id).where(turns.c.memorable)
            logged = np.array((await connection.scalars(memorable.order_by(turns.c.id))).all(), np.int64)
            marked = np.array(
                (await connection.scalars(memorable.where(turns.c.indexed_at.is_not(None)))).all(), np.int64
            )
        stored = await self._store.ids()
        strangers = await self._strangers([TurnId(int(one)) for one in np.setdiff1d(stored, logged)])
        lost = [TurnId(int(one)) for one in np.setdiff1d(marked, stored)]
        if strangers:
            await self._store.delete(ids=strangers)
        if lost:
            async with self._database.writing() as connection:
                for some in _parts(lost):
                    await connection.execute(update(turns).where(turns.c.id.in_(some)).values(indexed_at=None))
        return len(strangers)

    async def _strangers(self, ids: Sequence[TurnId]) -> list[TurnId]:
        """Those of `ids` that the log lacks, asked again: some may have been written since it was read."""
        there: set[int] = set()
        async with self._database.reading() as connection:
            for some in _parts(ids):
                there.update(
                    await connection.scalars(select(turns.c.id).where(turns.c.id.in_(some), turns.c.memorable))
                )
        return [one for one in ids if one not in there]

    async def _unindexed(self, *, after: int) -> list[Memory]:
        query = (
            select(turns)
            .where(turns.c.memorable, turns.c.indexed_at.is_(None), turns.c.id > after)
            .order_by(turns.c.id)
            .limit(BATCH)
        )
        async with self._database.reading() as connection:
            return [_memory(row) for row in await connection.execute(query)]


def _memory(row: Row[tuple[object, ...]]) -> Memory:
    said = row._mapping
    return Memory(
        id=TurnId(said["id"]),
        scope=Scope.parse(said["scope"]),
        conversation=ConversationId(said["conversation_id"]),
        role=Role(said["role"]),
        speaker=said["speaker"],
        person=None if said["person_id"] is None else PersonId(said["person_id"]),
        text=said["text"],
        said_at=said["said_at"],
        session=said["session"],
    )


def _parts(ids: Sequence[TurnId]) -> list[Sequence[TurnId]]:
    return [ids[start : start + IN_ONE] for start in range(0, len(ids), IN_ONE)]
