"""The log and the store, kept in step through crashes, full disks and forgetting."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select

from memory import indexer as indexing
from memory.database import Database
from memory.hashing import HashingEmbedder
from memory.indexer import Indexer
from memory.inmemory import InMemoryStore
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import turns
from memory.store import StoreFull, Vectors

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = Scope.place("telegram", "7")


class FillingStore(InMemoryStore):
    """A store on a disk that is full for the next `full` additions."""

    full = 0

    async def add(self, memories: Sequence[Memory], vectors: Vectors) -> None:
        if self.full:
            self.full -= 1
            raise StoreFull("No space left on device")
        await super().add(memories, vectors)


class ForgettingEmbedder(HashingEmbedder):
    """While it embeds, somebody asks to be forgotten."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def embed(self, texts: Sequence[str], *, question: bool = False):  # type: ignore[no-untyped-def]
        async with self._database.writing() as connection:
            await connection.execute(delete(turns))
        return await super().embed(texts, question=question)


async def write(database: Database, conversation: ConversationId, *texts: str, memorable: bool = True) -> list[Memory]:
    written = []
    async with database.writing() as connection:
        for text in texts:
            row = {
                "conversation_id": conversation,
                "scope": str(HERE),
                "role": "user",
                "speaker": "Ana",
                "text": text,
                "said_at": NOW,
                "memorable": memorable,
            }
            key = (await connection.execute(insert(turns).values(row))).inserted_primary_key
            assert key is not None
            written.append(
                Memory(
                    id=TurnId(key[0]),
                    scope=HERE,
                    conversation=conversation,
                    role=Role.USER,
                    speaker="Ana",
                    person=None,
                    text=text,
                    said_at=NOW,
                )
            )
    return written


async def indexed(database: Database) -> set[int]:
    async with database.reading() as connection:
        return set(await connection.scalars(select(turns.c.id).where(turns.c.indexed_at.is_not(None))))


def opened(database: Database, store: InMemoryStore, embedder: HashingEmbedder | None = None):  # type: ignore[no-untyped-def]
    return Indexer.open(database=database, store=store, embedder=embedder or HashingEmbedder(), clock=lambda: NOW)


async def test_turn_is_found_within_a_second_and_marked(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    (memory,) = await write(database, conversation, "hola")
    async with opened(database, store) as indexer:
        indexer.put(memory)
        began = time.monotonic()
        while await store.count(scope=HERE) == 0:  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.01)
        assert time.monotonic() - began < 1
        await indexer.settled(HERE)
        assert await indexed(database) == {memory.id}


async def test_settled_hurries_and_says_when_it_is_there(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    memories = await write(database, conversation, "uno", "dos")
    async with opened(database, store) as indexer:
        began = time.monotonic()
        for memory in memories:
            indexer.put(memory)
            await indexer.settled(HERE)
            assert memory.id in await store.ids()
        assert time.monotonic() - began < 2 * indexing.GATHER
        await indexer.settled(Scope.person(PersonId(9)))  # nothing waits there


async def test_closing_flushes(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    memories = await write(database, conversation, "uno", "dos")
    async with opened(database, store) as indexer:
        for memory in memories:
            indexer.put(memory)
    assert await indexed(database) == {memory.id for memory in memories}


async def test_full_disk_loses_nothing_and_holds_nobody_up(
    database: Database, conversation: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BACKOFF", (0.05, 0.1))
    store = FillingStore()
    store.full = 2
    (memory,) = await write(database, conversation, "hola")
    async with opened(database, store) as indexer:
        indexer.put(memory)
        async with asyncio.timeout(1):
            await indexer.settled(HERE)
        assert await indexed(database) == set()
        async with asyncio.timeout(2):
            while not await indexed(database):  # noqa: ASYNC110 - nor does SQL
                await asyncio.sleep(0.01)
    assert (await store.ids()).tolist() == [memory.id]


async def test_more_than_can_be_held_is_found_in_the_log_again(
    database: Database, conversation: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "HELD", 2)
    store = InMemoryStore()
    memories = await write(database, conversation, *map(str, range(6)))
    async with opened(database, store) as indexer:
        for memory in memories:
            indexer.put(memory)
        async with asyncio.timeout(3):
            while len(await indexed(database)) < 6:  # noqa: ASYNC110 - nor does SQL
                await asyncio.sleep(0.01)


async def test_repair_brings_what_a_crash_kept_from_the_store(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    memories = await write(database, conversation, "uno", "dos", "tres")
    await write(database, conversation, "recordado, no dicho", memorable=False)
    vectors = await HashingEmbedder().embed(["uno"])
    await store.add(memories[:1], vectors)  # killed between the store and the mark
    async with opened(database, store) as indexer:
        report = await indexer.repair()
        assert (report.indexed, report.removed) == (3, 0)
        assert (await store.ids()).tolist() == [memory.id for memory in memories]
        report = await indexer.repair()
        assert (report.indexed, report.removed) == (0, 0)


async def test_repair_removes_what_the_log_lacks(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    (memory,) = await write(database, conversation, "hola")
    async with opened(database, store) as indexer:
        await indexer.add([memory])
        async with database.writing() as connection:
            await connection.execute(delete(turns))
        report = await indexer.repair()
    assert (report.indexed, report.removed) == (0, 1)
    assert len(await store.ids()) == 0


async def test_repair_fills_a_store_that_was_lost(database: Database, conversation: ConversationId) -> None:
    memories = await write(database, conversation, "uno", "dos")
    async with opened(database, InMemoryStore()) as indexer:
        await indexer.add(memories)
    store = InMemoryStore()
    async with opened(database, store) as indexer:
        assert (await indexer.repair()).indexed == 2
    assert len(await store.ids()) == 2


async def test_who_is_forgotten_while_being_embedded_stays_forgotten(
    database: Database, conversation: ConversationId
) -> None:
    store = InMemoryStore()
    memories = await write(database, conversation, "olvídame")
    async with opened(database, store, ForgettingEmbedder(database)) as indexer:
        await indexer.add(memories)
    assert len(await store.ids()) == 0


async def test_what_is_dropped_is_neither_waiting_nor_stored(database: Database, conversation: ConversationId) -> None:
    store = InMemoryStore()
    stored, waiting = await write(database, conversation, "una respuesta", "otra")
    async with opened(database, store) as indexer:
        await indexer.add([stored])
        indexer.put(waiting)
        await indexer.drop([stored.id, waiting.id])
        await indexer.settled(HERE)
    assert len(await store.ids()) == 0


async def test_bulk_takes_more_than_a_batch(
    database: Database, conversation: ConversationId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 3)
    monkeypatch.setattr(indexing, "IN_ONE", 2)
    store = InMemoryStore()
    memories = await write(database, conversation, *map(str, range(8)))
    async with opened(database, store) as indexer:
        await indexer.add(memories)
        await indexer.add(memories)
    assert await indexed(database) == {memory.id for memory in memories}
