"""The SQL of forgetting, inside a transaction that `memory.forget` opens.

What goes with the words: Martín's answers to them, his answers that were given them to read (`recalled`) and, from
those on, the answers that were given these; answers that repeat them; the exchanges, votes and corrections of all of
it; what of it was still to be delivered. What others said stays theirs, but where they repeat a whole sentence of it,
that sentence is replaced by […].
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column, ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.outbox import DeliveryState
from memory.quotes import Quotes
from memory.records import PersonId, Role, Scope, TurnId
from memory.schema import (
    accounts,
    codes,
    conversations,
    corrections,
    deliveries,
    exchanges,
    people,
    recalled,
    turns,
    usage,
    votes,
)

CHUNK = 500  # rows in one statement: every database takes so many values


@dataclass(slots=True)
class Unsaid:
    """What went, so far."""

    said: dict[TurnId, str] = field(default_factory=dict)  # the words to be forgotten
    gone: set[TurnId] = field(default_factory=set)  # those turns, and Martín's that go with them
    exchanges: set[int] = field(default_factory=set)
    redacted: set[TurnId] = field(default_factory=set)  # others' turns that quoted them
    scopes: set[str] = field(default_factory=set)
    votes: int = 0
    corrections: int = 0


async def choose(connection: AsyncConnection, *where: ColumnElement[bool]) -> Unsaid:
    """The turns to be forgotten."""
    rows = await connection.execute(select(turns.c.id, turns.c.role, turns.c.text, turns.c.scope).where(*where))
    unsaid = Unsaid()
    for row in rows:
        unsaid.gone.add(TurnId(row.id))
        unsaid.scopes.add(row.scope)
        if row.role == Role.USER:
            unsaid.said[TurnId(row.id)] = row.text
    return unsaid


async def unsay(connection: AsyncConnection, unsaid: Unsaid) -> None:
    """Delete the chosen turns and all that goes with them; `unsaid` learns what that was."""
    await _follow(connection, unsaid)
    await _follow_quotes(connection, unsaid)
    for ids in _chunks(unsaid.exchanges):
        gone_votes = await connection.execute(delete(votes).where(votes.c.exchange_id.in_(ids)))
        gone_corrections = await connection.execute(delete(corrections).where(corrections.c.exchange_id.in_(ids)))
        unsaid.votes += gone_votes.rowcount
        unsaid.corrections += gone_corrections.rowcount
        await connection.execute(delete(recalled).where(recalled.c.exchange_id.in_(ids)))
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.exchange_id.in_(ids), deliveries.c.state != DeliveryState.DELIVERED)
            .values(state=DeliveryState.GONE)
        )
        await connection.execute(
            update(deliveries).where(deliveries.c.exchange_id.in_(ids)).values(exchange_id=None, payload="")
        )
        await connection.execute(delete(exchanges).where(exchanges.c.id.in_(ids)))
    for ids in _chunks(unsaid.gone):
        await connection.execute(delete(recalled).where(recalled.c.turn_id.in_(ids)))
        await connection.execute(delete(turns).where(turns.c.id.in_(ids)))


async def dissolve(connection: AsyncConnection, person: PersonId, unsaid: Unsaid) -> None:
    """Leave of a person whose words are unsaid nothing but a number, and what admins have decided about their accounts.

    The number stays because rows of this very moment may point at it; it has no account, so nobody is it any more.
    """
    own = (
        await connection.execute(
            select(accounts.c.id, accounts.c.platform, accounts.c.user_id).where(accounts.c.person_id == person)
        )
    ).all()
    ids, holders = [row.id for row in own], [f"{row.platform}:{row.user_id}" for row in own]
    gone = await connection.execute(delete(votes).where(votes.c.person_id == person))
    unsaid.votes += gone.rowcount
    gone = await connection.execute(delete(corrections).where(corrections.c.person_id == person))
    unsaid.corrections += gone.rowcount
    await connection.execute(update(exchanges).where(exchanges.c.person_id == person).values(person_id=None))
    await connection.execute(delete(codes).where(or_(codes.c.person_id == person, codes.c.holder.in_(holders))))
    await connection.execute(delete(usage).where(usage.c.person_id == person))
    await connection.execute(update(turns).where(turns.c.account_id.in_(ids)).values(account_id=None))
    await connection.execute(delete(accounts).where(accounts.c.person_id == person))
    await connection.execute(
        update(people)
        .where(people.c.id == person)
        .values(language="", language_chosen=False, learns=False, remembers=True, persona="")
    )


async def private_conversations(connection: AsyncConnection, person: PersonId) -> list[int]:
    """The conversations that a person's direct chats and private imports are kept in."""
    rows = await connection.execute(
        select(turns.c.conversation_id).where(turns.c.scope == str(Scope.person(person))).distinct()
    )
    return list(rows.scalars())


async def close_conversations(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Take what a person has named or set off their conversations, and imported ones without a word left away.

    Of a live one the platform's ids stay, so that a redelivered message is not answered again.
    """
    for chunk in _chunks(ids):
        empty = ~select(turns.c.id).where(turns.c.conversation_id == conversations.c.id).exists()
        imported = conversations.c.platform == "import"
        await connection.execute(delete(conversations).where(conversations.c.id.in_(chunk), imported, empty))
        await connection.execute(
            update(conversations).where(conversations.c.id.in_(chunk)).values(title="", persona="")
        )


async def _follow(connection: AsyncConnection, unsaid: Unsaid) -> None:
    """From what goes to the exchanges it was in, to Martín's answers in these, and on until nothing new goes."""
    fresh: Collection[TurnId] = unsaid.gone
    while fresh:
        found: set[int] = set()
        for ids in _chunks(fresh):
            found.update(await _ids(connection, exchanges.c.id, exchanges.c.input_turn_id.in_(ids)))
            found.update(await _ids(connection, exchanges.c.id, exchanges.c.response_turn_id.in_(ids)))
            found.update(await _ids(connection, recalled.c.exchange_id, recalled.c.turn_id.in_(ids)))
        found -= unsaid.exchanges
        unsaid.exchanges |= found
        answers: set[int] = set()
        for numbers in _chunks(found):
            responses = select(exchanges.c.response_turn_id).where(exchanges.c.id.in_(numbers))
            mine = (turns.c.role == Role.ASSISTANT) & turns.c.id.in_(responses)  # an imported answer is another's words
            answers.update(await _ids(connection, turns.c.id, mine))
        fresh = {TurnId(answer) for answer in answers} - unsaid.gone
        unsaid.gone.update(fresh)


async def _follow_quotes(connection: AsyncConnection, unsaid: Unsaid) -> None:
    """Martín's answers that repeat what goes, go; others' words lose the sentences that repeat it."""
    quotes = Quotes(unsaid.said.values())
    quoting: set[TurnId] = set()
    below: int | None = None
    while True:
        asked = select(turns.c.id, turns.c.role, turns.c.text).where(turns.c.scope.in_(unsaid.scopes))
        if below is not None:
            asked = asked.where(turns.c.id < below)
        rows = (await connection.execute(asked.order_by(turns.c.id.desc()).limit(CHUNK))).all()
        for row in rows:
            turn = TurnId(row.id)
            if turn in unsaid.gone:
                continue
            if row.role == Role.ASSISTANT:
                if quotes.in_part(row.text):
                    quoting.add(turn)
            elif (kept := quotes.without(row.text)) != row.text:
                unsaid.redacted.add(turn)
                await connection.execute(update(turns).where(turns.c.id == turn).values(text=kept, indexed_at=None))
        if len(rows) < CHUNK:
            break
        below = rows[-1].id
    if quoting:
        unsaid.gone.update(quoting)
        await _follow(connection, unsaid)


async def _ids(connection: AsyncConnection, column: Column[int], *where: ColumnElement[bool]) -> list[int]:
    return list((await connection.execute(select(column).where(*where))).scalars())


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
