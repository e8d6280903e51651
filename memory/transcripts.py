"""The structured log: conversations, their turns, and every exchange as a record.

SQL only. Knows no platform and no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_into
from memory.inbox import InboxState, close_answered, take
from memory.outbox import Delivery, Purpose, write_pieces
from memory.records import Account, Author, ConversationId, InboxId, PersonId, Role, Scope, Turn, TurnId
from memory.schema import accounts, conversations, exchanges, recalled, turns

TITLE_LENGTH = 256  # of the column: a longer title is cut


class Outcome(StrEnum):
    COMPLETE = "complete"
    STOPPED = "stopped"  # by /stop
    BROKEN = "broken"  # cut off in the middle
    FAILED = "failed"  # not a word came


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn to be written."""

    role: Role
    text: str
    said_at: datetime
    scope: Scope
    person: PersonId | None = None
    speaker: str = ""
    platform: str = ""  # with `user_id`, the account that said it; empty for Martín
    user_id: str = ""
    message_id: str = ""
    reply_to: str = ""
    session: str = ""  # the day it was said on, for what is recalled by sitting
    memorable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A finished answer, with everything that is written of it in one transaction."""

    conversation: ConversationId
    inputs: Sequence[Said]  # what was asked: joined messages, in order; empty for a /retry
    again: TurnId | None  # for a /retry: the turn that is answered anew
    response: Said | None  # None where not a word came
    inbox_ids: Sequence[InboxId]  # the last one carries the reply, the others are joined to it
    person: PersonId | None
    provider: str
    model: str
    adapter: str
    consents: bool
    outcome: Outcome
    recalled: Sequence[TurnId]
    started_at: datetime
    recall_ms: int | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    pieces: Sequence[str] = ()  # JSON of each outbound piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where a finished answer went."""

    exchange: int | None  # None where nothing was kept of it
    inputs: Sequence[TurnId]
    response: TurnId | None
    replaced: Sequence[TurnId]  # older answers to the same question: no longer memories
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExchange:
    """What /retry answers again."""

    input: Turn
    input_id: TurnId
    response_id: TurnId | None


class Transcripts:
    """Conversations and what was said in them, over one database. One process writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._conversations: dict[str, ConversationId] = {}  # grows with the conversations; a hundred bytes each

    async def conversation(
        self,
        *,
        key: str,
        platform: str,
        chat_id: str,
        thread_id: str,
        kind: str,
        title: str,
        server_id: str,
        now: datetime,
    ) -> ConversationId:
        """The conversation `key`, made on first sight."""
        known = self._conversations.get(key)
        if known is not None:
            return known

        async def work(connection: AsyncConnection) -> ConversationId:
            values = {
                "key": key,
                "platform": platform,
                "chat_id": chat_id,
                "thread_id": thread_id,
                "kind": kind,
                "title": title[:TITLE_LENGTH],
                "server_id": server_id,
                "created_at": now,
            }
            made = (await connection.execute(_making(connection.dialect.name), values)).scalar_one_or_none()
            if made is not None:
                return ConversationId(made)
            found = await connection.execute(select(conversations.c.id).where(conversations.c.key == key))
            return ConversationId(found.scalar_one())

        found = self._conversations[key] = await self._database.write(work)
        return found

    async def overhear(self, said: Said, *, conversation: ConversationId, chat_id: str, now: datetime) -> TurnId | None:
        """Keep what was said in a group that lets Martín listen, though not to him. None: it was here before."""

        async def work(connection: AsyncConnection) -> TurnId | None:
            taken = await take(
                connection,
                conversation_id=conversation,
                platform=said.platform,
                chat_id=chat_id,
                message_id=said.message_id,
                received_at=now,
                state=InboxState.PASSED,
            )
            return None if taken is None else await _write_turn(connection, said, conversation)

        return await self._database.write(work)

    async def recent(self, conversation: ConversationId, *, limit: int) -> list[Turn]:
        """The last turns of a conversation since its last /new, oldest first."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(_RECENT, {"conversation": conversation, "most": limit})).all()
        return [_turn(row) for row in reversed(rows)]

    async def last_exchange(self, conversation: ConversationId) -> LastExchange | None:
        """The newest exchange of a conversation, as /retry needs it."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(exchanges.c.input_turn_id, exchanges.c.response_turn_id)
                    .where(exchanges.c.conversation_id == conversation)
                    .order_by(exchanges.c.id.desc())
                    .limit(1)
                )
            ).one_or_none()
            if row is None:
                return None
            said = (await connection.execute(_turn_columns().where(turns.c.id == row.input_turn_id))).one_or_none()
        if said is None:
            return None
        response = None if row.response_turn_id is None else TurnId(row.response_turn_id)
        return LastExchange(input=_turn(said), input_id=TurnId(row.input_turn_id), response_id=response)

    async def finish(self, answer: Answered, *, now: datetime) -> Written:
        """Write a finished answer: turns, exchange, what it recalled, the inbox's state, and its pieces to deliver.

        One transaction: after a crash either all of it is there, and only delivery goes on, or none, and it is answered
        anew.
        """

        async def work(connection: AsyncConnection) -> Written:
            used = [*answer.recalled, *([] if answer.again is None else [answer.again])]
            kept = await _still_there(connection, used) if used else set()
            written = [await _write_turn(connection, said, answer.conversation) for said in answer.inputs]
            inputs = [turn for turn in written if turn is not None]
            forgotten = len(inputs) < len(written) or not kept.issuperset(used)
            response = None
            if answer.response is not None and not forgotten:  # what was made of forgotten words goes with them
                response = await _write_turn(connection, answer.response, answer.conversation)
            asked = inputs[-1] if inputs else answer.again if answer.again in kept else None
            exchange = None
            if asked is not None:
                exchange = await _write_exchange(connection, answer, asked, response)
                read = [turn for turn in dict.fromkeys(answer.recalled) if turn in kept]
                if read:
                    await connection.execute(
                        insert(recalled),
                        [{"exchange_id": exchange, "turn_id": turn, "rank": rank} for rank, turn in enumerate(read)],
                    )
            replaced: Sequence[TurnId] = ()
            if answer.again is not None and response is not None:
                replaced = await _replace_older(connection, answer.again, response)
            await close_answered(connection, answer.inbox_ids, now)
            pieces = await write_pieces(
                connection, answer.inbox_ids[-1], answer.conversation, exchange, answer.pieces, now, Purpose.ANSWER
            )
            return Written(exchange=exchange, inputs=inputs, response=response, replaced=replaced, deliveries=pieces)

        return await self._database.write(work)


async def _still_there(connection: AsyncConnection, ids: Sequence[TurnId]) -> set[TurnId]:
    """Those of `ids` that nobody has forgotten since they were read."""
    return {TurnId(turn) for turn in await connection.scalars(_THERE, {"ids": list(ids)})}


async def _write_exchange(connection: AsyncConnection, answer: Answered, asked: TurnId, response: TurnId | None) -> int:
    values = {
        "conversation_id": answer.conversation,
        "input_turn_id": asked,
        "response_turn_id": response,
        "person_id": answer.person,
        "provider": answer.provider,
        "model": answer.model,
        "adapter": answer.adapter,
        "consents": answer.consents,
        "outcome": answer.outcome,
        "started_at": answer.started_at,
        "recall_ms": answer.recall_ms,
        "first_token_ms": answer.first_token_ms,
        "total_ms": answer.total_ms,
    }
    return int((await connection.execute(_EXCHANGE, values)).scalar_one())


async def _write_turn(connection: AsyncConnection, said: Said, conversation: ConversationId) -> TurnId | None:
    """Write a turn. None: the account that said it has been forgotten, and so is this."""
    values = {
        "conversation_id": conversation,
        "scope": str(said.scope),
        "role": said.role,
        "person_id": said.person,
        "speaker": said.speaker,
        "text": said.text,
        "said_at": said.said_at,
        "message_id": said.message_id,
        "reply_to": said.reply_to,
        "session": said.session,
        "memorable": said.memorable,
    }
    if not said.user_id:
        return TurnId((await connection.execute(_TURN, values)).scalar_one())
    named = {"by_platform": said.platform, "by_user": said.user_id}
    made = (await connection.execute(_TURN_OF_ACCOUNT, values | named)).scalar_one_or_none()
    return None if made is None else TurnId(made)


async def _replace_older(connection: AsyncConnection, asked: TurnId, response: TurnId) -> list[TurnId]:
    older = select(exchanges.c.response_turn_id).where(
        exchanges.c.input_turn_id == asked, exchanges.c.response_turn_id.is_not(None)
    )
    rows = await connection.execute(
        update(turns)
        .where(turns.c.id.in_(older), turns.c.id != response)
        .values(replaced=True, memorable=False, indexed_at=None)
        .returning(turns.c.id)
    )
    return [TurnId(row.id) for row in rows]


def _turn_columns() -> Select[Any]:
    return select(
        turns.c.id,
        turns.c.role,
        turns.c.text,
        turns.c.said_at,
        turns.c.speaker,
        turns.c.person_id,
        accounts.c.platform,
        accounts.c.user_id,
    ).outerjoin(accounts, accounts.c.id == turns.c.account_id)


# Statements of a message's path, built once: see `database.insert_into`.

_SAID = (
    "conversation_id",
    "scope",
    "role",
    "person_id",
    "speaker",
    "text",
    "said_at",
    "message_id",
    "reply_to",
    "session",
    "memorable",
)
_TURN = insert(turns).returning(turns.c.id)
_TURN_OF_ACCOUNT = (
    insert(turns)
    .from_select(
        ["account_id", *_SAID],
        select(accounts.c.id, *(bindparam(name, type_=turns.c[name].type) for name in _SAID)).where(
            accounts.c.platform == bindparam("by_platform"), accounts.c.user_id == bindparam("by_user")
        ),
    )
    .returning(turns.c.id)
)
_THERE = select(turns.c.id).where(turns.c.id.in_(bindparam("ids", expanding=True)))
_EXCHANGE = insert(exchanges).returning(exchanges.c.id)
_SHOWN_FROM = (
    select(conversations.c.starts_after).where(conversations.c.id == bindparam("conversation")).scalar_subquery()
)
_RECENT = (
    _turn_columns()
    .where(
        turns.c.conversation_id == bindparam("conversation"),
        turns.c.id > _SHOWN_FROM,
        turns.c.replaced.is_(False),
    )
    .order_by(turns.c.id.desc())
    .limit(bindparam("most"))
)


@cache
def _making(dialect: str) -> Any:
    return insert_into(dialect, conversations).on_conflict_do_nothing().returning(conversations.c.id)


def _turn(row: Row[Any]) -> Turn:
    author = None
    if row.role == Role.USER:
        account = Account(platform=row.platform or "", user_id=row.user_id or "")
        author = Author(account=account, name=row.speaker, person=row.person_id)
    return Turn(id=TurnId(row.id), role=Role(row.role), text=row.text, said_at=row.said_at, author=author)
