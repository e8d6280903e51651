"""Persons and their accounts: found, made, linked, separated."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event, func, insert, select

from memory.database import Database
from memory.people import NAME_LENGTH, People
from memory.records import PersonId, Role, Scope
from memory.schema import (
    accounts,
    codes,
    conversations,
    corrections,
    exchanges,
    metadata,
    people,
    turns,
    usage,
    votes,
)
from tests.fakes.household import NOW, author, discord, telegram

ANA, HER_DISCORD = telegram("7"), discord("70")


async def count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0


async def test_looking_for_a_stranger_writes_nothing(database: Database) -> None:
    assert await People(database).find(ANA) is None
    assert await count(database, "people") == 0
    assert await count(database, "accounts") == 0


async def test_a_person_is_made_once_however_often_they_speak(database: Database) -> None:
    them = People(database)
    first = await them.resolve(author(ANA), now=NOW)
    second = await People(database).resolve(author(ANA), now=NOW)
    assert first.id == second.id
    assert await count(database, "people") == 1


async def test_a_stranger_looked_for_before_is_found_once_they_are_let_in(database: Database) -> None:
    them = People(database)
    assert await them.find(ANA) is None
    made = await them.resolve(author(ANA), now=NOW)
    assert await them.find(ANA) == made


async def test_the_name_shown_follows_the_account_and_decides_nothing(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA, name="Ana"), now=NOW)
    renamed = await them.resolve(author(ANA, name="Martín " * 100), now=NOW)
    copycat = await them.resolve(author(telegram("8"), name="Ana"), now=NOW)
    assert renamed.id == ana.id
    assert len(renamed.name) == NAME_LENGTH
    assert copycat.id != ana.id


async def test_a_known_account_costs_no_sql(database: Database) -> None:
    them = People(database)
    await them.resolve(author(ANA), now=NOW)
    statements: list[str] = []

    def heard(*execution: object) -> None:
        statements.append(str(execution[2]))

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        await them.resolve(author(ANA), now=NOW + timedelta(hours=1))
        await them.find(ANA)
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    assert statements == []


async def test_the_cache_is_bounded(database: Database) -> None:
    them = People(database, cached=3)
    for number in range(10):
        await them.find(telegram(str(number)))
    assert len(them._cache) == 3


async def test_detection_does_not_overrule_the_language_somebody_chose(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA), now=NOW)
    await them.set_language(ana.id, "en", chosen=False)
    await them.set_language(ana.id, "es", chosen=True)
    await them.set_language(ana.id, "en", chosen=False)
    found = await them.find(ANA)
    assert found is not None
    assert (found.language, found.language_chosen) == ("es", True)


async def test_privacy_and_persona_are_kept(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA), now=NOW)
    await them.set_privacy(ana.id, remembers=False)
    await them.set_privacy(ana.id, learns=True)
    await them.set_persona(ana.id, "Breve")
    found = await People(database).get(ana.id)
    assert found is not None
    assert (found.remembers, found.learns, found.persona) == (False, True, "Breve")


async def test_linking_moves_everything_and_tells_the_vector_store(database: Database) -> None:
    told: list[tuple[PersonId, PersonId]] = []

    async def on_merge(kept: PersonId, absorbed: PersonId) -> None:
        told.append((kept, absorbed))

    them = People(database, on_merge=on_merge)
    ana = await them.resolve(author(ANA), now=NOW)
    other = await them.resolve(author(HER_DISCORD), now=NOW)
    await _live(database, ana.id, voted="good", at=0)
    await _live(database, other.id, voted="bad", at=5)
    await them.set_privacy(other.id, remembers=False)

    await them.merge(kept=ana.id, absorbed=other.id, now=NOW)

    joined = await them.find(HER_DISCORD)
    assert joined is not None
    assert joined.id == ana.id
    assert joined.accounts == (ANA, HER_DISCORD)
    assert joined.remembers is False, "the stricter privacy holds"
    assert told == [(ana.id, other.id)]
    async with database.reading() as connection:
        scopes = set(await connection.scalars(select(turns.c.scope)))
        stale = await connection.scalar(select(func.count()).select_from(turns).where(turns.c.indexed_at.is_(None)))
        verdicts = (await connection.execute(select(votes.c.person_id, votes.c.verdict))).all()
        spent = (await connection.execute(select(usage.c.person_id, usage.c.messages))).all()
    assert scopes == {str(Scope.person(ana.id))}
    assert stale == 1, "the moved turn is indexed again, even after a crash"
    assert [tuple(row) for row in verdicts] == [(ana.id, "bad")], "one vote a person: the newest"
    assert [tuple(row) for row in spent] == [(ana.id, 6)]


async def test_linking_leaves_no_row_of_the_absorbed_person_in_any_table(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA), now=NOW)
    other = await them.resolve(author(HER_DISCORD), now=NOW)
    await _live(database, other.id, voted="good", at=0)
    await them.merge(kept=ana.id, absorbed=other.id, now=NOW)
    async with database.reading() as connection:
        for table in metadata.tables.values():
            for column in table.columns:
                if any(key.column is people.c.id for key in column.foreign_keys):
                    left = await connection.scalar(select(func.count()).select_from(table).where(column == other.id))
                    assert not left, f"{table.name}.{column.name}"
        assert await connection.scalar(select(func.count()).select_from(people)) == 1


async def test_nobody_is_linked_to_themselves_or_to_nobody(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA), now=NOW)
    for other in (ana.id, PersonId(99)):
        with pytest.raises(ValueError, match="not two"):
            await them.merge(kept=ana.id, absorbed=other, now=NOW)


async def test_a_separated_account_is_a_person_without_a_past(database: Database) -> None:
    them = People(database)
    ana = await them.resolve(author(ANA), now=NOW)
    other = await them.resolve(author(HER_DISCORD), now=NOW)
    await _live(database, other.id, voted="good", at=0)
    await them.merge(kept=ana.id, absorbed=other.id, now=NOW)
    await them.unlink(HER_DISCORD, now=NOW)
    alone = await them.find(HER_DISCORD)
    stayed = await them.find(ANA)
    assert alone is not None
    assert stayed is not None
    assert alone.id != ana.id
    assert stayed.accounts == (ANA,)
    async with database.reading() as connection:
        assert set(await connection.scalars(select(turns.c.person_id))) == {ana.id}


async def test_the_only_account_cannot_be_separated(database: Database) -> None:
    them = People(database)
    await them.resolve(author(ANA), now=NOW)
    with pytest.raises(ValueError, match="only account"):
        await them.unlink(ANA, now=NOW)


async def _live(database: Database, person: PersonId, *, voted: str, at: int) -> None:
    """One turn, one exchange and its correction, one day's messages, a code; a vote on the first exchange of all."""
    async with database.writing() as connection:
        place = await connection.scalar(
            insert(conversations)
            .values(key=f"c{person}", platform="x", chat_id=str(person), kind="direct", created_at=NOW)
            .returning(conversations.c.id)
        )
        account = await connection.scalar(select(accounts.c.id).where(accounts.c.person_id == person))
        turn = await connection.scalar(
            insert(turns)
            .values(
                conversation_id=place,
                scope=str(Scope.person(person)),
                role=Role.USER,
                account_id=account,
                person_id=person,
                text="hola",
                said_at=NOW,
                indexed_at=NOW,
            )
            .returning(turns.c.id)
        )
        await connection.execute(
            insert(exchanges).values(
                conversation_id=place, input_turn_id=turn, person_id=person, outcome="complete", started_at=NOW
            )
        )
        first = await connection.scalar(select(func.min(exchanges.c.id)))
        when = NOW + timedelta(minutes=at)
        await connection.execute(
            insert(votes).values(exchange_id=first, person_id=person, verdict=voted, voted_at=when)
        )
        await connection.execute(
            insert(corrections).values(exchange_id=first, person_id=person, text="no", said_at=NOW)
        )
        await connection.execute(insert(usage).values(person_id=person, day=date(2026, 5, 20), messages=3))
        await connection.execute(
            insert(codes).values(purpose="link", digest=f"d{person}", person_id=person, created_at=NOW, expires_at=NOW)
        )
