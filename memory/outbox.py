"""What Martín says, written down before a platform is asked to show it, until the platform has confirmed it.

SQL only. A delivery is one piece of one reply: it keeps its nonce and its message id through restarts, so that a reply
is finished where it was begun.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_into
from memory.inbox import close_answered
from memory.records import ConversationId, InboxId
from memory.schema import conversations, deliveries


class DeliveryState(StrEnum):
    GROWING = "growing"  # a preview is shown, or about to be
    PENDING = "pending"  # final text written here, not yet confirmed by the platform
    DELIVERED = "delivered"
    GONE = "gone"  # the platform will never take it


class Purpose(StrEnum):
    ANSWER = "answer"
    NOTICE = "notice"
    CORRECTION = "correction"  # "what would have been right?": a reply to it is a correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One piece of one reply, on its way."""

    id: int
    piece: int
    nonce: str
    message_id: str | None
    payload: str
    state: DeliveryState


class Outbox:
    """What is on its way to the platforms, over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def started(self, inbox_id: InboxId) -> list[Delivery]:
        """What was already shown for a message before a crash."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(deliveries).where(deliveries.c.inbox_id == inbox_id).order_by(deliveries.c.piece)
            )
            return [delivery_of(row) for row in rows]

    async def growing(
        self,
        inbox_id: InboxId,
        *,
        conversation: ConversationId,
        piece: int,
        nonce: str,
        message_id: str | None,
        now: datetime,
    ) -> None:
        """This piece is now the platform's message `message_id`; None: about to be sent for good under `nonce`."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                _growing(connection.dialect.name),
                {
                    "inbox_id": inbox_id,
                    "conversation_id": conversation,
                    "piece": piece,
                    "purpose": Purpose.ANSWER,
                    "nonce": nonce,
                    "message_id": message_id,
                    "state": DeliveryState.GROWING,
                    "created_at": now,
                },
            )

        await self._database.write(work)

    async def outgoing(
        self,
        payloads: Sequence[str],
        *,
        conversation: ConversationId,
        inbox_ids: Sequence[InboxId],
        now: datetime,
        purpose: Purpose = Purpose.NOTICE,
        exchange: int | None = None,
    ) -> list[Delivery]:
        """Write what will be said before it is said, and with it close the inbox rows it answers (if any)."""

        async def work(connection: AsyncConnection) -> list[Delivery]:
            await close_answered(connection, inbox_ids, now)
            answered = inbox_ids[-1] if inbox_ids else None
            return await write_pieces(connection, answered, conversation, exchange, payloads, now, purpose)

        return await self._database.write(work)

    async def delivered(self, delivery: int, *, message_id: str) -> None:
        """The platform has it. The text is dropped here: the log holds it once."""
        await self._settle(delivery, state=DeliveryState.DELIVERED, message_id=message_id)

    async def gone(self, delivery: int) -> None:
        """The platform will never take it."""
        await self._settle(delivery, state=DeliveryState.GONE)

    async def _settle(self, delivery: int, *, state: DeliveryState, message_id: str | None = None) -> None:
        async def work(connection: AsyncConnection) -> None:
            values: dict[str, object] = {"row": delivery, "state": state, "payload": ""}
            if message_id is not None:
                values["message_id"] = message_id
            await connection.execute(_SETTLING, values)

        await self._database.write(work)

    async def undelivered(self, platform: str) -> list[Delivery]:
        """What was said and not confirmed by a platform before a crash, in order."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(deliveries)
                .join(conversations, conversations.c.id == deliveries.c.conversation_id)
                .where(deliveries.c.state == DeliveryState.PENDING, conversations.c.platform == platform)
                .order_by(deliveries.c.id)
            )
            return [delivery_of(row) for row in rows]


def _nonce() -> str:
    return secrets.token_hex(12)  # 24 characters: Discord takes 25


async def write_pieces(
    connection: AsyncConnection,
    inbox_id: InboxId | None,
    conversation: ConversationId,
    exchange: int | None,
    payloads: Sequence[str],
    now: datetime,
    purpose: Purpose,
) -> list[Delivery]:
    """Write the pieces of one reply. One that a preview already holds keeps its message id and its nonce."""
    written: list[Delivery] = []
    for piece, payload in enumerate(payloads):
        values = {
            "inbox_id": inbox_id,
            "conversation_id": conversation,
            "exchange_id": exchange,
            "piece": piece,
            "purpose": purpose,
            "nonce": _nonce(),
            "payload": payload,
            "state": DeliveryState.PENDING,
            "created_at": now,
        }
        row = (await connection.execute(_writing(connection.dialect.name), values)).one()
        written.append(delivery_of(row))
    return written


@cache
def _growing(dialect: str) -> Any:
    new = insert_into(dialect, deliveries)
    # Its state stays: the last preview may come back after the final text was written, which must not be unwritten.
    return new.on_conflict_do_update(index_elements=["inbox_id", "piece"], set_={"message_id": new.excluded.message_id})


@cache
def _writing(dialect: str) -> Any:
    new = insert_into(dialect, deliveries)
    kept = {"payload", "state", "exchange_id", "purpose"}
    return new.on_conflict_do_update(
        index_elements=["inbox_id", "piece"], set_={name: new.excluded[name] for name in sorted(kept)}
    ).returning(deliveries)


_SETTLING = update(deliveries).where(deliveries.c.id == bindparam("row"))


def delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        piece=row.piece,
        nonce=row.nonce,
        message_id=row.message_id,
        payload=row.payload,
        state=DeliveryState(row.state),
    )
