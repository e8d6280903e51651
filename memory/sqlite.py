"""aiosqlite with one trip to its thread a statement, where its own cursor takes four.

A trip wakes two threads, and a message's path runs some fifteen statements: with fifty people writing at once the trips
were a third of all the CPU. A statement's rows are fetched where it is run, so it is for answers that fit in memory.
Knows no table. The only module that imports aiosqlite.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import aiosqlite


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors go to the thread once a statement. SQLAlchemy's dialect needs no more of it."""

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]  # theirs is a coroutine and a context manager at once
        return OneTripCursor(self)

    async def run(self, one: bool, sql: str, parameters: Any) -> "Ran":
        ran: Ran = await self._execute(partial(_run, self._conn, one, sql, parameters))  # type: ignore[no-untyped-call]
        return ran


class Ran:
    """What a statement left behind."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description: Any = cursor.description
        self.rows: list[Any] = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid


class OneTripCursor:
    """The part of a DB-API cursor that SQLAlchemy's asyncio adapter uses."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        return self._hold(await self._connection.run(True, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        return self._hold(await self._connection.run(False, sql, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _hold(self, ran: Ran) -> Self:
        self.description, self.rowcount, self.lastrowid, self._rows = (
            ran.description,
            ran.rowcount,
            ran.lastrowid,
            ran.rows,
        )
        return self


def connect(database: str, **options: Any) -> OneTripConnection:
    """As `aiosqlite.connect`, for `connect_args["async_creator_fn"]` of SQLAlchemy's dialect."""
    connection = OneTripConnection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as the dialect does with one of its own making
    return connection


def _run(connection: sqlite3.Connection, one: bool, sql: str, parameters: Any) -> Ran:
    cursor = connection.cursor()
    try:
        (cursor.execute if one else cursor.executemany)(sql, parameters)
        return Ran(cursor)
    finally:
        cursor.close()
