"""How many messages each person sent each day. The day is the caller's: it knows the time zone."""

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_into
from memory.records import PersonId
from memory.schema import usage


class Usage:
    """Daily counts, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, person: PersonId, day: date) -> int:
        """Count one more message, and say how many that makes today."""

        async def work(connection: AsyncConnection) -> int:
            counted = {"person_id": person, "day": day, "messages": 1}
            return int((await connection.execute(_counting(connection.dialect.name), counted)).scalar_one())

        return await self._database.write(work)


@cache
def _counting(dialect: str) -> Any:
    new = insert_into(dialect, usage)
    return new.on_conflict_do_update(
        index_elements=[usage.c.person_id, usage.c.day], set_={"messages": usage.c.messages + 1}
    ).returning(usage.c.messages)
