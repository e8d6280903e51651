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
from memory.database import Database, DatabaseBroken, DatabaseBusy, DatabaseFull
from memory.schema import facts, metadata


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
