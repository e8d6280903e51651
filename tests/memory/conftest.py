"""A real SQLite database for each test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.database import Database
from memory.records import ConversationId
from memory.transcripts import Transcripts
from tests.fakes.databases import database_url

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database.open(database_url(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def conversation(database: Database) -> ConversationId:
    return await Transcripts(database).conversation(
        key="telegram:7:",
        platform="telegram",
        chat_id="7",
        thread_id="",
        kind="direct",
        title="",
        server_id="",
        now=NOW,
    )
