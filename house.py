"""Opens everything that is kept: what was said, by whom, and what is remembered of it.

The lower half of the composition root: the command line works with this alone, `main` puts the conversation on it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.pairing import Pairing
from memory.codes import Codes
from memory.database import Database
from memory.embedder import BatchingEmbedder
from memory.facts import Facts
from memory.forget import Forgetting
from memory.grants import Grants
from memory.indexer import Indexer
from memory.lance import LanceStore
from memory.people import People
from memory.recall import Recall
from memory.records import PersonId, Scope
from memory.rooms import Rooms
from memory.store import MemoryStore
from memory.transcripts import Transcripts
from settings import Settings

TERMINAL = "console"  # the platform whose users own this machine


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What is remembered, and by whom: all that the command line needs."""

    settings: Settings
    clock: Callable[[], datetime]
    timezone: ZoneInfo
    database: Database
    embedder: BatchingEmbedder
    store: MemoryStore
    indexer: Indexer
    recall: Recall
    people: People
    grants: Grants
    codes: Codes
    pairing: Pairing
    rooms: Rooms
    transcripts: Transcripts
    facts: Facts
    forgetting: Forgetting


@asynccontextmanager
async def build(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[House]:
    """Open everything that is kept. The embedding model loads behind it.

    Raises:
        DatabaseError, MemoryStoreError: something kept cannot be opened.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(settings.storage.database_url))
        embedder = await stack.enter_async_context(BatchingEmbedder.open(settings.embedding.model))
        store = await stack.enter_async_context(LanceStore.open(settings.storage.memory_uri, embedder=embedder.name))
        indexer = await stack.enter_async_context(
            Indexer.open(database=database, store=store, embedder=embedder, clock=clock)
        )

        async def merged(_kept: PersonId, absorbed: PersonId) -> None:
            """Two persons became one in the log: what the store holds of the one that is gone is indexed anew."""
            await store.delete(person=absorbed, scope=Scope.person(absorbed))
            await indexer.repair()

        people = People(database, on_merge=merged)
        access = settings.access
        grants = Grants(
            database,
            admins=access.admins,
            users=access.allowed_users,
            groups=access.allowed_chats,
            servers=access.allowed_servers,
            roles=access.allowed_roles,
            homes=[TERMINAL],
        )
        codes = Codes(database)
        yield House(
            settings=settings,
            clock=clock,
            timezone=ZoneInfo(settings.timezone),
            database=database,
            embedder=embedder,
            store=store,
            indexer=indexer,
            recall=Recall(store, embedder),
            people=people,
            grants=grants,
            codes=codes,
            pairing=Pairing(people, grants, codes),
            rooms=Rooms(database),
            transcripts=Transcripts(database),
            facts=Facts(database),
            forgetting=Forgetting(database, store=store, indexer=indexer, forgotten=people.changed),
        )
