"""How much there is: people, turns, memories. For `/status`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from memory.database import Database
from memory.schema import accounts, inbox, turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    people: int  # who are still known
    turns: int
    memories: int  # turns that the vector store has
    messages: int  # received since the given moment, and meant for Martín


async def count(database: Database, *, since: datetime) -> Census:
    """Count everything once. Takes about 10 ms a hundred thousand turns."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                select(
                    select(func.count(accounts.c.person_id.distinct())).scalar_subquery().label("people"),
                    select(func.count()).select_from(turns).scalar_subquery().label("turns"),
                    select(func.count())
                    .select_from(turns)
                    .where(turns.c.memorable.is_(True), turns.c.indexed_at.is_not(None))
                    .scalar_subquery()
                    .label("memories"),
                    select(func.count())
                    .select_from(inbox)
                    .where(inbox.c.received_at >= since, inbox.c.conversation_id.is_not(None))
                    .scalar_subquery()
                    .label("messages"),
                )
            )
        ).one()
    return Census(people=row.people, turns=row.turns, memories=row.memories, messages=row.messages)
