"""The house as a whole: what may be out of order in it without its falling."""

import asyncio
from pathlib import Path

from sqlalchemy import insert
from structlog.testing import capture_logs

import main
from memory.database import Database
from memory.schema import conversations, turns
from settings import load
from tests.fakes.channel import until
from tests.fakes.household import NOW


async def test_without_its_embedding_model_the_house_stands(tmp_path: Path) -> None:
    environment = {
        "MARTIN__EMBEDDING__MODEL": str(tmp_path / "no-such-model"),
        "MARTIN__MODEL__PROVIDER": "none",
        "MARTIN__STORAGE__DATA_DIR": str(tmp_path),
    }
    settings = load(environ=environment)
    place = {"key": "telegram:7:", "platform": "telegram", "chat_id": "7", "kind": "direct", "created_at": NOW}
    said = {"conversation_id": 1, "scope": "person:1", "role": "user", "text": "Mi perro es Toby", "said_at": NOW}
    async with Database.open(settings.storage.database_url) as database, database.writing() as connection:
        await connection.execute(insert(conversations).values(place))
        await connection.execute(insert(turns).values(said))
    with capture_logs() as logged:
        async with main.serving(settings, terminal=False):
            await until(lambda: "memory is not mended" in {entry["event"] for entry in logged}, seconds=60)
            await asyncio.sleep(0.1)  # it would fall now
