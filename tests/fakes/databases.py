"""A database for each folder of a test: a SQLite file in it, or one on the PostgreSQL server that is asked for.

`MARTIN_TEST_DATABASE_URL=postgresql+asyncpg://…` names the server and a role that may create databases. The same folder
has the same database until its test is over.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

VARIABLE = "MARTIN_TEST_DATABASE_URL"
SERVER = os.environ.get(VARIABLE, "")

sqlite_only = pytest.mark.skipif(bool(SERVER), reason="looks into SQLite's own file or settings")
postgresql_only = pytest.mark.skipif(not SERVER, reason=f"needs a PostgreSQL server in {VARIABLE}")

_made: dict[Path, str] = {}


def database_url(folder: Path) -> str:
    """The address of the database that belongs to `folder`."""
    if not SERVER:
        return f"sqlite+aiosqlite:///{folder / 'martin.db'}"
    if folder not in _made:
        name = f"martin_test_{sha256(str(folder).encode()).hexdigest()[:16]}"
        _run(SERVER, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        _made[folder] = name
    return make_url(SERVER).set(database=_made[folder]).render_as_string(hide_password=False)


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """What the database of `folder` holds, whoever has it open."""
    return _run(database_url(folder), query)


def drop_databases() -> None:
    """Drop what `database_url` made on the server."""
    if _made:
        _run(SERVER, *(f"DROP DATABASE {name} WITH (FORCE)" for name in _made.values()))
        _made.clear()


def _run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements, each on its own. The rows of the last."""

    async def run() -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                found = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return found

    with ThreadPoolExecutor(1) as thread:  # the one who asks may stand in an event loop already
        return thread.submit(asyncio.run, run()).result()
