"""The durable inbox: a message is here before it is acknowledged to its platform, and until it is answered.

SQL only. What it keeps of a message is the JSON that the core hands it, and only until the answer is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_into
from memory.records import ConversationId, InboxId
from memory.schema import inbox


class InboxState(StrEnum):
    RECEIVED = "received"  # will be answered, also after a crash
    ANSWERED = "answered"  # its answer is in `deliveries`; those say how far it has come
    JOINED = "joined"  # answered together with a later message of the same person
    REFUSED = "refused"  # only its id is kept
    PASSED = "passed"  # /stop, or too old: nothing more will be said to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An inbox row that waits for its answer."""

    id: InboxId
    payload: str  # JSON of the message
    received_at: datetime


class Inbox:
    """What was received, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def receive(
        self,
        *,
        conversation: ConversationId,
        platform: str,
        chat_id: str,
        message_id: str,
        payload: str,
        now: datetime,
        state: InboxState = InboxState.RECEIVED,
    ) -> InboxId | None:
        """Write a message down before it is acknowledged. None: it was here before."""

        async def work(connection: AsyncConnection) -> InboxId | None:
            return await take(
                connection,
                conversation_id=conversation,
                platform=platform,
                chat_id=chat_id,
                message_id=message_id,
                payload=payload,
                received_at=now,
                state=state,
            )

        return await self._database.write(work)

    async def refuse(self, *, platform: str, chat_id: str, message_id: str, now: datetime) -> bool:
        """Keep nothing of a message but its id. False: it was here before."""

        async def work(connection: AsyncConnection) -> bool:
            taken = await take(
                connection,
                conversation_id=None,
                platform=platform,
                chat_id=chat_id,
                message_id=message_id,
                received_at=now,
                state=InboxState.REFUSED,
            )
            return taken is not None

        return await self._database.write(work)

    async def waiting(self, platform: str) -> list[Received]:
        """What was received on a platform and not answered, oldest first: a crash left it."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(inbox.c.id, inbox.c.payload, inbox.c.received_at)
                .where(inbox.c.state == InboxState.RECEIVED, inbox.c.platform == platform)
                .order_by(inbox.c.id)
            )
            return [Received(id=InboxId(row.id), payload=row.payload, received_at=row.received_at) for row in rows]

    async def waits(self, id: InboxId) -> bool:  # noqa: A002  the field's name
        """Whether a row still waits for its answer."""
        async with self._database.reading() as connection:
            state = await connection.scalar(select(inbox.c.state).where(inbox.c.id == id))
            return bool(state == InboxState.RECEIVED)

    async def close(self, ids: Sequence[InboxId], *, state: InboxState, now: datetime) -> None:
        """Nothing more will be said to these."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(inbox).where(inbox.c.id.in_(ids)).values(state=state, payload="", finished_at=now)
            )

        await self._database.write(work)


async def take(connection: AsyncConnection, **values: object) -> InboxId | None:
    """Write a row; None: its message was here before."""
    row = (await connection.execute(_taking(connection.dialect.name), values)).one_or_none()
    return None if row is None else InboxId(row.id)


@cache
def _taking(dialect: str) -> Any:
    return insert_into(dialect, inbox).on_conflict_do_nothing().returning(inbox.c.id)


_CLOSING = update(inbox).where(inbox.c.id == bindparam("row"))


async def close_answered(connection: AsyncConnection, ids: Sequence[InboxId], now: datetime) -> None:
    if not ids:
        return
    *joined, answered = ids
    await connection.execute(
        _CLOSING, {"row": answered, "state": InboxState.ANSWERED, "payload": "", "finished_at": now}
    )
    if joined:
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_(joined))
            .values(state=InboxState.JOINED, payload="", finished_at=now, joined_to=answered)
        )
