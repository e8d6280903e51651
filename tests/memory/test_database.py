"""The engine, its transactions, its migrations, and how its errors are told apart."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from memory import database as module
from memory.database import Database, DatabaseBroken, DatabaseBusy, DatabaseFull, DatabaseUnreachable
from memory.schema import audit, facts, metadata
from tests.fakes.databases import database_url, postgresql_only, sqlite_only
from tests.memory.conftest import NOW


async def test_migrations_end_where_the_schema_is(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_small_writes_that_wait_share_a_transaction(database: Database) -> None:
    async def work(connection: AsyncConnection, key: str) -> str:
        await connection.execute(insert(facts).values(key=key, value="v"))
        return key

    keys = [f"k{n}" for n in range(150)]
    done = await asyncio.gather(*(database.write(lambda c, key=key: work(c, key)) for key in keys))
    assert done == keys
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(facts)) == 150


async def test_one_failing_write_takes_no_other_with_it(database: Database) -> None:
    async def good(connection: AsyncConnection, key: str) -> None:
        await connection.execute(insert(facts).values(key=key, value="v"))

    async def bad(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    results = await asyncio.gather(
        database.write(lambda c: good(c, "one")),
        database.write(bad),
        database.write(lambda c: good(c, "two")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), DatabaseBroken, type(None)]
    async with database.reading() as connection:
        assert sorted((await connection.execute(select(facts.c.key))).scalars()) == ["one", "two"]


@sqlite_only
async def test_a_locked_database_is_called_busy(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0)
    url = f"sqlite+aiosqlite:///{tmp_path / 'martin.db'}"
    async with Database.open(url) as impatient:
        other = sqlite3.connect(tmp_path / "martin.db")
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusy, match="locked"):
                async with impatient.writing() as connection:
                    await connection.execute(insert(facts).values(key="k", value="v"))
        finally:
            other.close()


@sqlite_only
async def test_a_full_disk_is_called_full_and_what_was_written_stays(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(facts).values(key="before", value="v"))
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseFull) as caught:
        async with database.writing() as connection:
            await connection.execute(insert(facts).values(key="big", value="x" * 1_000_000))
    assert "space" in caught.value.hint
    async with database.reading() as connection:
        assert list((await connection.execute(select(facts.c.key))).scalars()) == ["before"]


async def test_a_file_that_is_no_database_is_called_broken(tmp_path: Path) -> None:
    (tmp_path / "martin.db").write_bytes(b"This is not a database. " * 100)
    with pytest.raises(DatabaseBroken):
        async with Database.open(f"sqlite+aiosqlite:///{tmp_path / 'martin.db'}"):
            pass


@postgresql_only  # Alembic takes no two migrations in one process, but for those who wait for a server
async def test_two_that_start_at_once_migrate_it_once(tmp_path: Path) -> None:
    async def start() -> None:
        async with Database.open(database_url(tmp_path)):
            pass

    await asyncio.gather(*(start() for _ in range(2)))


async def test_what_no_database_can_hold_is_left_out(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(facts).values(key="k", value="na\0da \ud83d"))
        await connection.execute(insert(audit).values(at=NOW, action="a", detail="x" * 300))
        assert await connection.scalar(select(facts.c.value)) == "nada ?"
        assert await connection.scalar(select(audit.c.detail)) == "x" * 256


async def test_a_snapshot_sees_one_moment_and_every_other_statement_its_own(database: Database) -> None:
    async def count(connection: AsyncConnection) -> int | None:
        return await connection.scalar(select(func.count()).select_from(facts))

    async with database.reading(snapshot=True) as fixed, database.reading() as moving:
        assert [await count(fixed), await count(moving)] == [0, 0]
        async with database.writing() as connection:
            await connection.execute(insert(facts).values(key="k", value="v"))
        assert [await count(fixed), await count(moving)] == [0, 1]


@pytest.mark.parametrize(
    "url", ["postgresql+asyncpg://m:hidden@127.0.0.1:9/m", "postgresql://m:hidden@db/m", "db:hidden", "sqlite:///m.db"]
)
async def test_an_address_where_no_database_answers_is_told_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        async with Database.open(url):
            pass
    assert "storage.database_url" in caught.value.hint
    assert "hidden" not in str(caught.value)


@postgresql_only
async def test_a_write_that_waits_too_long_for_another_machine_is_called_busy(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 1)
    async with Database.open(database_url(tmp_path)) as impatient, database.writing() as connection:
        await connection.execute(insert(facts).values(key="k", value="v"))
        with pytest.raises(DatabaseBusy, match="lock timeout"):
            async with impatient.writing() as waiting:
                await waiting.execute(insert(facts).values(key="k", value="v"))


@postgresql_only
async def test_a_server_that_drops_its_connections_is_found_again(database: Database) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with pytest.raises(DatabaseUnreachable):
        async with database.writing() as connection:
            await connection.execute(text(others))
    async with database.writing() as connection:
        await connection.execute(insert(facts).values(key="k", value="v"))
