"""👍, 👎 and what would have been right: the signals that later choose what Martín learns from.

SQL only. One vote a person and exchange, changeable.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_new
from memory.outbox import Purpose
from memory.records import PersonId
from memory.schema import conversations, corrections, deliveries, votes


@dataclass(frozen=True, slots=True, kw_only=True)
class VotedOn:
    """What a platform message of ours belongs to."""

    exchange: int
    purpose: Purpose


class Votes:
    """Votes and corrections, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def voted_on(self, *, platform: str, chat_id: str, message_id: str) -> VotedOn | None:
        """The exchange that a message of ours in this chat belongs to, and what the message is for.

        By chat and not by conversation: a platform may tell of a reaction without the thread it was given in.
        """
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(deliveries.c.exchange_id, deliveries.c.purpose)
                    .join(conversations, conversations.c.id == deliveries.c.conversation_id)
                    .where(
                        conversations.c.platform == platform,
                        conversations.c.chat_id == chat_id,
                        deliveries.c.message_id == message_id,
                        deliveries.c.exchange_id.is_not(None),
                    )
                    .limit(1)
                )
            ).one_or_none()
        return None if row is None else VotedOn(exchange=row.exchange_id, purpose=Purpose(row.purpose))

    async def verdict(self, exchange: int, *, person: PersonId) -> str:
        """How one person voted; empty if they did not."""
        async with self._database.reading() as connection:
            stands: str | None = await connection.scalar(
                select(votes.c.verdict).where(votes.c.exchange_id == exchange, votes.c.person_id == person)
            )
            return stands or ""

    async def vote(self, exchange: int, *, person: PersonId, verdict: str, now: datetime) -> str:
        """Count one person's vote, or change it. Returns the verdict that stood before, empty if there was none."""

        async def work(connection: AsyncConnection) -> str:
            key = and_(votes.c.exchange_id == exchange, votes.c.person_id == person)
            before: str = await connection.scalar(select(votes.c.verdict).where(key)) or ""
            await connection.execute(
                insert_new(connection, votes)
                .values(exchange_id=exchange, person_id=person, verdict=verdict, voted_at=now)
                .on_conflict_do_update(
                    index_elements=["exchange_id", "person_id"], set_={"verdict": verdict, "voted_at": now}
                )
            )
            return before

        return await self._database.write(work)

    async def correct(self, exchange: int, *, person: PersonId, text: str, consents: bool, now: datetime) -> None:
        """Keep what would have been right."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                insert(corrections).values(
                    exchange_id=exchange, person_id=person, text=text, consents=consents, said_at=now
                )
            )

        await self._database.write(work)
