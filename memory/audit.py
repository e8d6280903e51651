"""What was done to the house, by whom and when: grants, bans, model changes, forgetting. Never what was said."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database
from memory.records import PersonId
from memory.schema import audit

DETAIL_LENGTH = 256  # of the column: a longer detail is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One row of the audit."""

    at: datetime
    person: PersonId | None
    action: str
    detail: str


async def note(
    connection: AsyncConnection, *, action: str, who: PersonId | None, now: datetime, detail: str = ""
) -> None:
    """Write a deed down in the transaction that does it, so that there is never one without the other."""
    await connection.execute(insert(audit).values(at=now, person_id=who, action=action, detail=detail[:DETAIL_LENGTH]))


class Audit:
    """The audit of deeds that are done outside the database (a model changed), and its last pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, action: str, *, who: PersonId | None, now: datetime, detail: str = "") -> None:
        await self._database.write(lambda connection: note(connection, action=action, who=who, now=now, detail=detail))

    async def last(self, *, limit: int) -> list[Deed]:
        """The newest deeds, newest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
            return [
                Deed(
                    at=row.at,
                    person=None if row.person_id is None else PersonId(row.person_id),
                    action=row.action,
                    detail=row.detail,
                )
                for row in rows
            ]
