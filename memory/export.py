"""Everything held about one person, and nothing of others.

In are what they said, Martín's answers to it, their accounts, settings, votes, corrections, and what admins decided
about their accounts. What others said is left out, even in a group and in a history they imported.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database
from memory.records import PersonId, Role, Scope
from memory.schema import (
    accounts,
    audit,
    codes,
    conversations,
    corrections,
    exchanges,
    grants,
    inbox,
    people,
    turns,
    usage,
    votes,
)

Row = dict[str, Any]  # a row of the table it is named after, times as datetimes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTurn:
    """One thing the person said, or Martín's answer to it."""

    id: int
    conversation: int
    mine: bool  # the person said it
    speaker: str  # the name shown at the time; empty for Martín
    text: str
    said_at: datetime
    message_id: str
    reply_to: str
    source: str  # "chat", "remember", or "import:DIGEST"
    remembered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExport:
    """One person's data. `conversations` names those that `turns` were said in."""

    exported_at: datetime
    person: Row
    accounts: list[Row]
    conversations: list[Row]
    turns: list[ExportedTurn]  # in the order of their conversations and of time
    exchanges: list[Row]  # which turn answered which, by what model, and when
    votes: list[Row]
    corrections: list[Row]
    grants: list[Row]
    codes: list[Row]
    usage: list[Row]
    received: list[Row]  # the platforms' message numbers of their direct chats, and what waits for an answer
    audit: list[Row]

    @property
    def json(self) -> bytes:
        """All of it, as indented JSON in UTF-8; times in ISO 8601, UTC."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=_written).encode()


async def export_person(database: Database, person: PersonId, *, now: datetime) -> PersonExport:
    """Read everything held about `person`, as it stands in one moment.

    Raises:
        LookupError: there is no such person.
        DatabaseError: it cannot be read.
    """
    async with database.reading(snapshot=True) as connection:
        who = await _rows(connection, select(people).where(people.c.id == person))
        if not who:
            raise LookupError(f"There is no person {person}.")
        own = await _rows(connection, select(accounts).where(accounts.c.person_id == person))
        holders = [f"{account['platform']}:{account['user_id']}" for account in own]
        said = await _turns(connection, person)
        places = {turn.conversation for turn in said}
        direct = select(turns.c.conversation_id).where(turns.c.scope == str(Scope.person(person)))
        return PersonExport(
            exported_at=now,
            person=who[0],
            accounts=own,
            conversations=[row for row in await _rows(connection, _places(person)) if row["id"] in places],
            turns=said,
            exchanges=await _rows(connection, select(exchanges).where(_theirs(person))),
            votes=await _rows(connection, select(votes).where(votes.c.person_id == person)),
            corrections=await _rows(connection, select(corrections).where(corrections.c.person_id == person)),
            grants=await _rows(
                connection,
                select(grants.c.role, grants.c.subject, grants.c.granted_at).where(
                    grants.c.kind == "person", grants.c.subject.in_(holders)
                ),
            ),
            codes=await _rows(
                connection,
                select(codes.c.purpose, codes.c.holder, codes.c.created_at, codes.c.expires_at).where(
                    or_(codes.c.person_id == person, codes.c.holder.in_(holders))
                ),
            ),
            usage=await _rows(connection, select(usage).where(usage.c.person_id == person)),
            received=await _rows(
                connection,
                select(
                    inbox.c.platform,
                    inbox.c.chat_id,
                    inbox.c.message_id,
                    inbox.c.state,
                    inbox.c.received_at,
                    inbox.c.payload,
                )
                .join(conversations, conversations.c.id == inbox.c.conversation_id)
                .where(conversations.c.kind == "direct", inbox.c.conversation_id.in_(direct))
                .order_by(inbox.c.id),
            ),
            audit=await _rows(connection, select(audit).where(audit.c.person_id == person)),
        )


def _theirs(person: PersonId) -> ColumnElement[bool]:
    """The exchanges that answered them, in whatever chat."""
    asked = select(turns.c.id).where(turns.c.person_id == person, turns.c.role == Role.USER)
    return exchanges.c.input_turn_id.in_(asked)


def _places(person: PersonId) -> Select[Any]:
    """Their conversations. A group's name is in; how others have set it up is not."""
    return (
        select(conversations.c.id, conversations.c.platform, conversations.c.kind, conversations.c.title)
        .where(conversations.c.id.in_(select(turns.c.conversation_id).where(_said_or_told(person))))
        .order_by(conversations.c.id)
    )


def _said_or_told(person: PersonId) -> ColumnElement[bool]:
    """What they said anywhere, Martín's words in their direct chats, and elsewhere his answers to them."""
    told = select(exchanges.c.response_turn_id).where(_theirs(person), exchanges.c.response_turn_id.is_not(None))
    his = turns.c.role == Role.ASSISTANT
    return or_(
        turns.c.person_id == person,
        his & (turns.c.scope == str(Scope.person(person))),
        his & turns.c.id.in_(told),
    )


async def _turns(connection: AsyncConnection, person: PersonId) -> list[ExportedTurn]:
    rows = await connection.execute(
        select(turns).where(_said_or_told(person)).order_by(turns.c.conversation_id, turns.c.said_at, turns.c.id)
    )
    return [
        ExportedTurn(
            id=row.id,
            conversation=row.conversation_id,
            mine=row.role == Role.USER,
            speaker=row.speaker,
            text=row.text,
            said_at=row.said_at,
            message_id=row.message_id,
            reply_to=row.reply_to,
            source=row.source,
            remembered=row.memorable,
        )
        for row in rows
    ]


async def _rows(connection: AsyncConnection, asked: Select[Any]) -> list[Row]:
    return [dict(row._mapping) for row in await connection.execute(asked)]


def _written(value: object) -> str:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an export.")
