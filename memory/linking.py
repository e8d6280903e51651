"""Two persons become one, or one account leaves: the SQL of it, inside a transaction that `memory.people` opens."""

from datetime import datetime

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.audit import note
from memory.records import Account, PersonId, Scope
from memory.schema import accounts, audit, codes, corrections, exchanges, grants, people, turns, usage, votes


async def merge(connection: AsyncConnection, *, kept: PersonId, absorbed: PersonId, now: datetime) -> None:
    """Give everything of `absorbed` to `kept` and delete `absorbed`.

    Turns whose scope or speaker changes lose `indexed_at`, so that the vector store is mended at the next start even if
    nobody lives to tell it now. Grants belong to accounts and move with them.

    Raises:
        ValueError: they are one person already, or one of them does not exist.
    """
    rows = (await connection.execute(select(people).where(people.c.id.in_((kept, absorbed))).with_for_update())).all()
    persons = {row.id: row for row in rows}
    if len(persons) != 2:
        raise ValueError(f"Persons {kept} and {absorbed} are not two.")
    keeper, other = persons[kept], persons[absorbed]
    takes_language = (other.language_chosen and not keeper.language_chosen) or not keeper.language
    await connection.execute(
        update(people)
        .where(people.c.id == kept)
        .values(
            remembers=keeper.remembers and other.remembers,
            learns=keeper.learns and other.learns,
            persona=keeper.persona or other.persona,
            language=other.language if takes_language else keeper.language,
            language_chosen=keeper.language_chosen or other.language_chosen,
        )
    )
    await _join_votes(connection, kept=kept, absorbed=absorbed)
    await _join_usage(connection, kept=kept, absorbed=absorbed)
    own, theirs = str(Scope.person(kept)), str(Scope.person(absorbed))
    await connection.execute(update(turns).where(turns.c.scope == theirs).values(scope=own, indexed_at=None))
    await connection.execute(update(turns).where(turns.c.person_id == absorbed).values(person_id=kept, indexed_at=None))
    for table in (accounts, exchanges, corrections, audit):
        await connection.execute(update(table).where(table.c.person_id == absorbed).values(person_id=kept))
    await connection.execute(update(grants).where(grants.c.granted_by == absorbed).values(granted_by=kept))
    await connection.execute(delete(codes).where(codes.c.person_id.in_((kept, absorbed))))
    await connection.execute(delete(people).where(people.c.id == absorbed))
    await note(connection, action="link", who=kept, now=now, detail=f"absorbed person {absorbed}")


async def unlink(connection: AsyncConnection, account: Account, *, now: datetime) -> None:
    """Give `account` a new person. What they may do stays, since grants belong to accounts; so does their language.

    Raises:
        ValueError: nobody has it, or it is its person's only account.
    """
    row = (
        await connection.execute(
            select(accounts.c.id, accounts.c.person_id).where(
                accounts.c.platform == account.platform, accounts.c.user_id == account.user_id
            )
        )
    ).one_or_none()
    if row is None:
        raise ValueError(f"Nobody has the account {account}.")
    left = await connection.scalar(
        select(func.count()).select_from(accounts).where(accounts.c.person_id == row.person_id)
    )
    if left == 1:
        raise ValueError(f"{account} is its person's only account.")
    former = (await connection.execute(select(people).where(people.c.id == row.person_id))).one()
    fresh = await connection.scalar(
        insert(people)
        .values(
            created_at=now,
            language=former.language,
            language_chosen=former.language_chosen,
            remembers=former.remembers,
            learns=former.learns,
        )
        .returning(people.c.id)
    )
    await connection.execute(update(accounts).where(accounts.c.id == row.id).values(person_id=fresh))
    await note(connection, action="unlink", who=PersonId(row.person_id), now=now, detail=account.platform)


async def _join_votes(connection: AsyncConnection, *, kept: PersonId, absorbed: PersonId) -> None:
    """One vote a person: where both voted on the same answer, the newer stands."""
    mine, theirs = votes.alias("mine"), votes.alias("theirs")
    both = await connection.execute(
        select(mine.c.exchange_id, mine.c.voted_at.label("my_time"), theirs.c.voted_at.label("their_time"))
        .join(theirs, theirs.c.exchange_id == mine.c.exchange_id)
        .where(mine.c.person_id == kept, theirs.c.person_id == absorbed)
    )
    for row in both.all():
        older = absorbed if row.their_time <= row.my_time else kept
        await connection.execute(
            delete(votes).where(and_(votes.c.exchange_id == row.exchange_id, votes.c.person_id == older))
        )
    await connection.execute(update(votes).where(votes.c.person_id == absorbed).values(person_id=kept))


async def _join_usage(connection: AsyncConnection, *, kept: PersonId, absorbed: PersonId) -> None:
    theirs = (await connection.execute(select(usage).where(usage.c.person_id == absorbed))).all()
    for row in theirs:
        added = await connection.execute(
            update(usage)
            .where(usage.c.person_id == kept, usage.c.day == row.day)
            .values(messages=usage.c.messages + row.messages)
        )
        if not added.rowcount:
            await connection.execute(insert(usage).values(person_id=kept, day=row.day, messages=row.messages))
    await connection.execute(delete(usage).where(usage.c.person_id == absorbed))
