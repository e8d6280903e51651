"""The SQL database: one engine, its settings, its migrations.

The only module that knows SQLite from PostgreSQL. Foreign errors become `DatabaseFull`, `DatabaseBusy`,
`DatabaseUnreachable` and `DatabaseBroken` here.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from memory.sqlite import connect

T = TypeVar("T")

CONNECTIONS = 12  # kept open: one opened for a burst and closed after it costs more than ten statements
GROUP = 64  # writes that share one transaction at most: bounds how much runs again when one of them fails
BUSY_SECONDS = 15  # how long a write waits for another process's write, or for a server, before it gives up
MIGRATING = 0x4D617274  # the lock that whoever migrates a PostgreSQL database holds: any number, always the same


class DatabaseError(Exception):
    """The database did not do what it was asked. `hint` says what mends it."""

    hint = "Look at the log for the reason."


class DatabaseFull(DatabaseError):
    hint = "Free some space on the disk that holds storage.data_dir, or PostgreSQL's data."


class DatabaseBusy(DatabaseError):
    hint = "Another program holds the database locked. Close it, or wait."


class DatabaseUnreachable(DatabaseError):
    hint = "Start the server, or correct storage.database_url: postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE."


class DatabaseBroken(DatabaseError):
    hint = (
        "Restore the newest backup, or check the file with 'sqlite3 FILE \"PRAGMA integrity_check\"'. "
        "If it is PostgreSQL, look at its log."
    )


# What PostgreSQL's codes mean, by how they begin: https://www.postgresql.org/docs/current/errcodes-appendix.html
_CODES: Sequence[tuple[str, type[DatabaseError]]] = (
    ("53100", DatabaseFull),
    ("53", DatabaseBusy),  # out of memory or connections
    ("55P03", DatabaseBusy),  # waited too long for a lock
    ("40", DatabaseBusy),  # deadlock
    ("08", DatabaseUnreachable),  # connection lost
    ("28", DatabaseUnreachable),  # wrong user or password
    ("3D", DatabaseUnreachable),  # no such database
    ("57P", DatabaseUnreachable),  # starts, stops or crashed
)


def translated(error: SQLAlchemyError) -> DatabaseError:
    """Our error for one of SQLAlchemy's."""
    foreign = getattr(error, "orig", None)
    text = str(foreign or error)
    code = getattr(foreign, "sqlstate", None) or ""
    for beginning, kind in _CODES:
        if code.startswith(beginning):
            return kind(text)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseUnreachable(text)
    lowered = text.lower()
    if "disk is full" in lowered or "no space left" in lowered or "disk i/o" in lowered:
        return DatabaseFull(text)
    if "locked" in lowered or "busy" in lowered:
        return DatabaseBusy(text)
    return DatabaseBroken(text)


def _on_sqlite_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",  # with WAL, a killed process loses nothing; a power cut may lose the last moments
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "foreign_keys = ON",
        "secure_delete = ON",  # what is forgotten is overwritten, not only unlinked
        "temp_store = MEMORY",
        "cache_size = -4000",  # KiB, of each connection
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A write transaction takes its lock at once: a read that later turns into a write could only fail. The driver is
    # told not to begin by itself.
    match connection.get_execution_options().get("reads"):
        case "snapshot":
            connection.exec_driver_sql("BEGIN")
        case None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


class Database:
    """An open database, migrated to the newest schema.

    `writing()` opens a transaction that commits at its end; `reading()` one that only looks; `write()` shares one
    transaction among all the small writes that are waiting (group commit), which is what a message's path uses.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[tuple[Callable[[AsyncConnection], Awaitable[Any]], asyncio.Future[Any]]] = deque()
        self._committer: asyncio.Task[None] | None = None
        self._write = asyncio.Lock()  # SQLite has one writer: queue here, in order, rather than spin on its lock

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Database"]:
        """Open `url` (`sqlite+aiosqlite:///FILE`, `postgresql+asyncpg://…`), migrate it, close it at the end.

        Raises:
            DatabaseError: it cannot be opened or migrated.
        """
        engine = _engine(url)
        try:
            async with _connected(engine) as connection:
                await connection.run_sync(_migrate)
                await connection.commit()
            yield cls(engine)
        except SQLAlchemyError as error:
            raise translated(error) from error
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._write, _connected(self._engine) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise translated(error) from error

    @asynccontextmanager
    async def reading(self, *, snapshot: bool = False) -> AsyncIterator[AsyncConnection]:
        """Look only. With `snapshot`, all statements see one moment; else each sees its own, and costs less."""
        try:
            async with _connected(self._engine) as connection:
                if connection.dialect.name == "sqlite":
                    await connection.execution_options(reads="snapshot" if snapshot else "each")
                else:
                    await connection.execution_options(isolation_level="REPEATABLE READ" if snapshot else "AUTOCOMMIT")
                yield connection
        except DBAPIError as error:
            raise translated(error) from error

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in a transaction it may share with others, and return its result once that is committed.

        If the shared transaction fails, each work runs again in one of its own, so `work` may run twice and must do
        nothing but SQL. A caller that is cancelled leaves its work to be done all the same.

        Raises:
            DatabaseError: this work failed on its own.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_waiting())
        return await done

    async def scrub(self) -> bool:
        """Leave no trace of deleted rows in SQLite's files. False: a reader or another program is in the way.

        `secure_delete` alone does not do: rows that were moved between pages before they were deleted leave copies in
        the pages they came from (0.4 % of them, measured), so the file is written anew (VACUUM; about 1 s a 100 MB,
        while writers wait) and the journal emptied. PostgreSQL's own vacuum frees what was deleted there.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        try:
            async with self._write, self._engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                if driver is None:
                    return False
                await driver.execute("PRAGMA temp_store = FILE")  # the copy need not fit into memory
                await driver.execute("VACUUM")
                await driver.execute("PRAGMA temp_store = MEMORY")
                row = await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).fetchone()
        except (SQLAlchemyError, sqlite3.Error):
            return False
        return row is not None and row[0] == 0

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP))]
            try:
                async with self.writing() as connection:
                    results = [await work(connection) for work, _ in batch]
            except Exception:  # noqa: BLE001  whose fault it was shows when each runs alone
                for work, done in batch:
                    await self._commit_alone(work, done)
            else:
                for (_, done), result in zip(batch, results, strict=True):
                    if not done.done():
                        done.set_result(result)

    async def _commit_alone(self, work: Callable[[AsyncConnection], Awaitable[Any]], done: asyncio.Future[Any]) -> None:
        try:
            async with self.writing() as connection:
                result = await work(connection)
        except Exception as error:  # noqa: BLE001  handed to the one who asked
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(result)


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            waiting = {"timeout": BUSY_SECONDS, "server_settings": {"lock_timeout": str(BUSY_SECONDS * 1000)}}
            return create_async_engine(parsed, pool_pre_ping=True, connect_args=waiting)
        engine = create_async_engine(
            parsed, connect_args={"async_creator_fn": connect}, pool_size=CONNECTIONS, pool_use_lifo=True
        )
    except (SQLAlchemyError, ImportError) as error:  # no address, or one of a database or driver that is not here
        raise DatabaseUnreachable(str(error)) from error
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    prepare_sqlite(engine.sync_engine)
    return engine


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        connection = await engine.connect()
    except OSError as error:  # SQLAlchemy hands on what the driver met on the way to the server
        raise DatabaseUnreachable(str(error) or type(error).__name__) from error
    try:
        yield connection
    finally:
        await connection.close()


def insert_new(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT that can say `.on_conflict_do_nothing()` or `.on_conflict_do_update()`, in this database's words."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: Table) -> Any:
    """The same for a dialect by name: statements of a message's path are built once and kept, since building one takes
    longer than running it.
    """
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def prepare_sqlite(engine: Engine) -> None:
    """Give every connection of a SQLite engine our settings and our own BEGIN."""
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _begin_immediate)


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE does as much
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    command.upgrade(config, "head")
