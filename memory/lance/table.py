"""Memories in LanceDB, on disk.

Built around what LanceDB 0.40 does: every append makes a fragment (so writes come in batches, and `tidy` merges them);
`merge_insert` from two tasks can double rows (so one writer, and what is read is made unique); an index on an empty
table stays empty (so they are made once there are rows); deletion only marks rows (so a fragment that is to lose rows
is left by the others first, and dies whole).

A scope is usually small: then all of it is weighed, exactly, from a bounded cache that the writer keeps in step. Only a
large one goes through LanceDB's own search.
"""

import asyncio
import importlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from numpy.typing import NDArray

from memory.lance import upkeep
from memory.records import Memory, PersonId, Scope, TurnId
from memory.shelf import Shelf
from memory.store import MemoryStoreError, StoreFull, StoreMismatch, Vector, Vectors, checked, digest

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # it has none
    from lancedb import AsyncConnection, AsyncTable

_log = structlog.get_logger()

TABLE = "memories"
LARGE = 20_000  # rows of one scope beyond which a question sees candidates only: weighing all would take > 30 ms
CANDIDATES = 400  # by meaning, and as many by words
CACHE_BYTES = 160 * 1024 * 1024
LANCE_CACHE = 32 * 1024 * 1024  # bytes, each of LanceDB's own two: its defaults are gigabytes
TIDY_AFTER = 96  # appends: LanceDB merges into fragments of a million rows, so each time a smaller table is rewritten
KEPT_VERSIONS = timedelta(minutes=5)  # a reader in another process may still be at one
LOOK_AGAIN = 1.0  # seconds after which another process's writes are looked for
IN_ONE = 5_000  # ids in one predicate


@dataclass(slots=True)
class _Cached:
    rows: "pa.Table"
    shelf: Shelf | None = None


class LanceStore:
    """See the module. Made by `open`, which returns at once: the first call waits until LanceDB is there."""

    def __init__(self, uri: str, *, embedder: str, cache_bytes: int = CACHE_BYTES, large: int = LARGE) -> None:
        self._uri = uri
        self._embedder = embedder
        self._cache_bytes = cache_bytes
        self._large = large
        self._cache: OrderedDict[Scope, _Cached] = OrderedDict()
        self._writer = asyncio.Lock()
        self._scopes: set[str] = set()  # digests of those that hold anything: a newcomer's needs no look at the disk
        self._appends = 0
        self._generation = 0  # counts our writes: a read that began before one is not cached
        self._version = -1  # of the table, as we last left or saw it
        self._looked = 0.0
        self._table: AsyncTable | None = None
        self._connecting: asyncio.Task[AsyncConnection] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, uri: str, *, embedder: str, cache_bytes: int = CACHE_BYTES, large: int = LARGE
    ) -> AsyncIterator["LanceStore"]:
        """The store at `uri` for vectors of `embedder`.

        `uri` is a folder, made for its owner alone, or any address that LanceDB takes.

        Raises:
            OSError: the folder cannot be made.
        """
        if "://" not in uri:
            await asyncio.to_thread(_make_private, Path(uri))
        store = cls(uri, embedder=embedder, cache_bytes=cache_bytes, large=large)
        store._connecting = asyncio.create_task(store._connect(), name="memory store")
        try:
            yield store
        finally:
            store._connecting.cancel()
            with suppress(asyncio.CancelledError, MemoryStoreError):
                connection = await store._connecting
                if store._table is not None:
                    store._table.close()  # type: ignore[no-untyped-call]  # LanceDB's
                connection.close()  # type: ignore[no-untyped-call]

    async def ready(self) -> None:
        """Wait until the store can be asked.

        Raises:
            StoreMismatch: its vectors are another model's.
            MemoryStoreError: it cannot be opened.
        """
        if self._connecting is None:
            raise MemoryStoreError("The store was not opened.")
        await asyncio.shield(self._connecting)

    async def _connect(self) -> "AsyncConnection":
        def load() -> Any:  # a second or more, so not on the loop
            importlib.import_module("memory.lance.columns")
            return importlib.import_module("lancedb")

        lancedb = await asyncio.to_thread(load)
        with _translated():
            session = lancedb.Session(index_cache_size_bytes=LANCE_CACHE, metadata_cache_size_bytes=LANCE_CACHE)
            connection: AsyncConnection = await lancedb.connect_async(self._uri, session=session)
            if TABLE in (await connection.list_tables()).tables:
                await self._adopt(await connection.open_table(TABLE))
        return connection

    async def _adopt(self, table: "AsyncTable") -> None:
        from memory.lance import columns

        recorded = (await table.schema()).metadata or {}
        embedder = recorded.get(columns.EMBEDDER, b"").decode()
        if embedder != self._embedder:
            raise StoreMismatch(f"The memories in {self._uri} were embedded by {embedder!r}, not {self._embedder!r}.")
        if recorded.get(columns.VERSION, b"").decode() != columns.LAYOUT:
            raise StoreMismatch(f"The memories in {self._uri} were written by another version of Martín.")
        self._version = await table.version()
        await self._see_scopes(table)
        self._table = table

    async def _see_scopes(self, table: "AsyncTable") -> None:
        found = await table.query().select(["scope"]).to_arrow()
        self._scopes = {*found["scope"].unique().to_pylist()}

    # Reading ---------------------------------------------------------------------------------------

    async def shelf(self, *, scope: Scope, vector: Vector, stems: Sequence[str]) -> Shelf:
        from memory.lance import columns

        checked(scope)
        table = await self._current()
        if table is None or digest(scope) not in self._scopes:
            nothing = columns.schema(dimension=len(vector), embedder=self._embedder).empty_table()
            return columns.to_shelf(scope, nothing)
        with _translated():
            whole = await self._whole(table, scope)
            return await self._candidates(table, scope, vector, stems) if whole is None else whole

    async def names(self, *, scope: Scope) -> Sequence[str]:
        checked(scope)
        table = await self._current()
        if table is None or digest(scope) not in self._scopes:
            return ()
        with _translated():
            whole = await self._whole(table, scope)
            if whole is not None:
                return whole.names
            speakers = (await table.query().where(_of(scope)).select(["speaker"]).to_arrow())["speaker"]
            return tuple(speakers.unique().to_pylist())

    async def _whole(self, table: "AsyncTable", scope: Scope) -> Shelf | None:
        """All of `scope`, from the cache if it is there; None if it is large."""
        from memory.lance import columns

        there = self._cache.get(scope)
        if there is None:
            if await table.count_rows(_of(scope)) > self._large:
                return None
            generation = self._generation
            there = _Cached(rows=await table.query().where(_of(scope)).to_arrow())
            if generation == self._generation:  # else somebody wrote meanwhile, and what was read may be the past
                self._cache[scope] = there
        if scope in self._cache:
            self._cache.move_to_end(scope)
        if there.shelf is None:
            there.rows = columns.in_order(there.rows)
            there.shelf = columns.to_shelf(scope, there.rows)
            self._shrink()
        return there.shelf

    async def _candidates(self, table: "AsyncTable", scope: Scope, vector: Vector, stems: Sequence[str]) -> Shelf:
        """Of a large scope the rows nearest by meaning and by words, each with the row before and after it."""
        from memory.lance import columns

        where = _of(scope)
        near = table.query().where(where).nearest_to(vector.astype(np.float16)).distance_type("cosine")
        found = {*(await near.limit(CANDIDATES).select(["id"]).to_arrow())["id"].to_pylist()}
        if stems and await upkeep.has_index(table, "stems"):
            said = table.query().where(where).nearest_to_text(" ".join(stems), columns=["stems"])
            found |= {*(await said.limit(CANDIDATES).select(["id"]).to_arrow())["id"].to_pylist()}
        spine = await table.query().where(where).select(["id", "conversation"]).to_arrow()
        ids, conversations = spine["id"].to_numpy(), spine["conversation"].to_numpy()
        order = np.lexsort((ids, conversations))
        places = np.flatnonzero(np.isin(ids[order], list(found)))
        around = np.unique(np.clip(np.concatenate((places - 1, places, places + 1)), 0, len(ids) - 1))
        wanted = ids[order][around].tolist()
        rows = await table.query().where(f"{where} AND {_among(wanted)}").to_arrow()
        return columns.to_shelf(scope, columns.in_order(rows))

    async def count(self, *, scope: Scope) -> int:
        checked(scope)
        table = await self._current()
        if table is None:
            return 0
        with _translated():
            return int(await table.count_rows(_of(scope)))

    async def ids(self) -> NDArray[np.int64]:
        table = await self._current()
        if table is None:
            return np.zeros(0, np.int64)
        with _translated():
            found = await table.query().select(["id"]).to_arrow()
        return np.unique(found["id"].to_numpy())

    async def _current(self) -> "AsyncTable | None":
        """The table, with what another process may have written to it; None before the first memory."""
        await self.ready()
        now = asyncio.get_running_loop().time()
        if self._table is None or now - self._looked < LOOK_AGAIN or self._writer.locked():
            return self._table
        self._looked = now
        with _translated():
            await self._table.checkout_latest()  # type: ignore[no-untyped-call]
            version = await self._table.version()
        if version != self._version and not self._writer.locked():
            with _translated():
                await self._see_scopes(self._table)
            self._version = version
            self._cache.clear()
        return self._table

    def _shrink(self) -> None:
        held = sum(cached.shelf.bytes for cached in self._cache.values() if cached.shelf)
        while held > self._cache_bytes and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            held -= oldest.shelf.bytes if oldest.shelf else 0

    # Writing ---------------------------------------------------------------------------------------

    async def add(self, memories: Sequence[Memory], vectors: Vectors) -> None:
        from memory.lance import columns

        if not memories:
            return
        await self.ready()
        async with self._writer:
            with _translated():
                table = self._table or await self._create(vectors.shape[1])
                layout = await table.schema()
                dimension = layout.field("vector").type.list_size
                if vectors.shape[1] != dimension:
                    raise StoreMismatch(f"Vectors have {dimension} dimensions here, not {vectors.shape[1]}.")
                known = await self._known(table, [one.id for one in memories])
                fresh = {one.id: place for place, one in enumerate(memories) if one.id not in known}
                if not fresh:
                    return
                places = list(fresh.values())
                added = [memories[place] for place in places]
                rows = columns.from_memories(added, vectors[places], layout)
                await table.add(rows)
                await self._wrote(table)
                self._appends += 1
            self._scopes.update(rows["scope"].unique().to_pylist())
            self._extend(added, rows)

    async def _create(self, dimension: int) -> "AsyncTable":
        from memory.lance import columns

        connection = await asyncio.shield(self._connecting) if self._connecting else None
        if connection is None:
            raise MemoryStoreError("The store was not opened.")
        layout = columns.schema(dimension=dimension, embedder=self._embedder)
        await self._adopt(await connection.create_table(TABLE, schema=layout, exist_ok=True))
        if self._table is None:
            raise MemoryStoreError("The table was not made.")
        return self._table

    async def _known(self, table: "AsyncTable", ids: Sequence[TurnId]) -> set[int]:
        known: set[int] = set()
        for start in range(0, len(ids), IN_ONE):
            query = table.query().where(_among(ids[start : start + IN_ONE])).select(["id"])
            known.update((await query.to_arrow())["id"].to_pylist())
        return known

    def _extend(self, added: Sequence[Memory], rows: "pa.Table") -> None:
        """Put new rows on the cached shelves they belong to."""
        import pyarrow as pa

        by_scope: dict[Scope, list[int]] = {}
        for place, one in enumerate(added):
            if one.scope in self._cache:
                by_scope.setdefault(one.scope, []).append(place)
        for scope, places in by_scope.items():
            there = self._cache[scope].rows
            grown = pa.concat_tables([there, rows.take(places).cast(there.schema)])
            if grown.num_rows > self._large:
                del self._cache[scope]
            else:
                self._cache[scope] = _Cached(rows=grown)

    async def delete(
        self, *, ids: Collection[TurnId] = (), person: PersonId | None = None, scope: Scope | None = None
    ) -> int:
        wheres = [_among(list(ids)[start : start + IN_ONE]) for start in range(0, len(ids), IN_ONE)]
        if person is not None:
            wheres.append(f"person = {int(person)}")
        if scope is not None:
            wheres.append(_of(checked(scope)))
        await self.ready()
        if self._table is None:
            return 0
        gone = 0
        async with self._writer:
            with _translated():
                for where in wheres:
                    gone += await upkeep.delete(self._table, where)
                await self._wrote(self._table)
            self._cache.clear()
        return gone

    async def purge(self) -> None:
        await self.ready()
        if self._table is None:
            return
        async with self._writer:
            with _translated():
                if await upkeep.has_index(self._table, "stems"):
                    await upkeep.index_words(self._table)  # an index keeps the words of what is gone
                await self._optimize(self._table, timedelta(milliseconds=1), everything=True)

    async def tidy(self) -> None:
        await self.ready()
        if self._table is None or self._appends < TIDY_AFTER:
            return
        async with self._writer:
            with _translated():
                await upkeep.index(self._table, large=self._large)
                await self._optimize(self._table, KEPT_VERSIONS)
            self._appends = 0

    async def _optimize(self, table: "AsyncTable", older_than: timedelta, *, everything: bool = False) -> None:
        await asyncio.sleep(older_than.total_seconds() if everything else 0)
        await table.optimize(cleanup_older_than=older_than, delete_unverified=everything)
        await self._wrote(table)

    async def _wrote(self, table: "AsyncTable") -> None:
        self._version = await table.version()
        self._generation += 1


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def _of(scope: Scope) -> str:
    return f"scope = '{digest(scope)}'"


def _among(ids: Sequence[int]) -> str:
    return f"id IN ({','.join(str(int(one)) for one in ids)})"


@contextmanager
def _translated() -> Iterator[None]:
    """LanceDB's errors as ours. It raises what its Rust side had: RuntimeError, OSError, ValueError."""
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        text = str(error)
        if "no space left" in text.lower() or "os error 28" in text.lower():
            raise StoreFull(text) from error
        raise MemoryStoreError(text) from error
