"""The whole way of an import: file, log, exchanges, index."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from adapters.imports import ImportProgress, ImportReport, import_file
from adapters.imports.source import Reason
from bot.errors import ImportRefused
from memory.database import Database
from memory.importing import Me
from memory.records import Memory, PersonId, Scope
from memory.schema import conversations, exchanges, people, turns
from tests.adapters.imports.reading import NOW, PAYLOADS
from tests.fakes.databases import database_url


@dataclass
class Shelf:
    """An index that keeps what it is given, and may be told to die after some."""

    database: Database
    held: list[Memory] = field(default_factory=list)
    dies_after: int | None = None

    async def add(self, memories: Sequence[Memory]) -> None:
        if self.dies_after is not None and len(self.held) >= self.dies_after:
            raise ConnectionResetError("killed")
        self.held += memories
        async with self.database.writing() as connection:
            ids = [memory.id for memory in memories]
            await connection.execute(update(turns).where(turns.c.id.in_(ids)).values(indexed_at=NOW))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database.open(database_url(tmp_path)) as opened:
        yield opened


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


async def take(
    path: Path, shelf: Shelf, *, scope: Scope | None = None, dry_run: bool = False, me: Me | None = None
) -> ImportReport:
    return await import_file(path, database=shelf.database, indexer=shelf, scope=scope, dry_run=dry_run, now=NOW, me=me)


async def count(database: Database, table: object = turns) -> int:
    async with database.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]


def long_chat(folder: Path, *, lines: int) -> Path:
    path = folder / "WhatsApp Chat with Ana.txt"
    rows = (f"31/12/23, 10:{n // 60 % 60:02}:{n % 60:02} - {'Ana' if n % 2 else 'Ben'}: line {n}" for n in range(lines))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


async def test_turns_exchanges_and_memories_come_out(database: Database, shelf: Shelf) -> None:
    report = await take(PAYLOADS / "telegram-chat.json", shelf)
    assert (report.new, report.known, report.formats) == (4, 0, ("telegram",))
    assert report.skipped == {Reason.SERVICE: 1, Reason.UNREADABLE: 1}
    assert [memory.text for memory in shelf.held] == [
        "¿Dónde nació Toby?",
        "En Cádiz, mira la foto (https://example.org/toby)",
        "Ya me acuerdo",
    ]
    assert await count(database, exchanges) == 2  # the answer to Ana, and her picture right after Luis


async def test_the_same_file_twice_adds_nothing(database: Database, shelf: Shelf) -> None:
    await take(PAYLOADS / "discord.json", shelf)
    report = await take(PAYLOADS / "discord.json", shelf)
    assert (report.new, report.known) == (0, 2)
    assert (await count(database), await count(database, exchanges), len(shelf.held)) == (2, 1, 2)


async def test_a_dry_run_counts_and_changes_nothing(database: Database, shelf: Shelf) -> None:
    report = await take(PAYLOADS / "discord.json", shelf, dry_run=True)
    assert (report.new, report.dry_run) == (2, True)
    assert (await count(database), await count(database, conversations), shelf.held) == (0, 0, [])


async def test_a_dry_run_after_the_import_finds_all_of_it_known(shelf: Shelf) -> None:
    await take(PAYLOADS / "discord.json", shelf)
    report = await take(PAYLOADS / "discord.json", shelf, dry_run=True)
    assert (report.new, report.known) == (0, 2)


async def test_an_import_that_was_killed_goes_on_and_ends_whole(tmp_path: Path, shelf: Shelf) -> None:
    path = long_chat(tmp_path, lines=2000)
    shelf.dies_after = 500
    with pytest.raises(ConnectionResetError):
        await take(path, shelf)
    assert await count(shelf.database) < 2000
    shelf.dies_after = None
    await take(path, shelf)
    assert await count(shelf.database) == 2000
    assert await count(shelf.database, exchanges) == 1999
    assert sorted(memory.text for memory in shelf.held) == sorted(f"line {n}" for n in range(2000))


async def test_a_longer_export_adds_only_what_is_new(tmp_path: Path, shelf: Shelf) -> None:
    await take(long_chat(tmp_path, lines=300), shelf)
    report = await take(long_chat(tmp_path, lines=310), shelf)
    assert (report.new, report.known) == (10, 300)


async def test_without_a_scope_each_conversation_is_a_place_of_its_own(shelf: Shelf) -> None:
    report = await take(PAYLOADS / "telegram-account.json", shelf)
    assert [str(part.scope) for part in report.scopes] == [
        "place:telegram:7",
        "place:telegram:-10099",
        "place:telegram:-5",
    ]


async def test_a_scope_takes_all_of_it_and_me_is_the_only_person(database: Database, shelf: Shelf) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(people).values(id=3, created_at=NOW))
    person = PersonId(3)
    await take(PAYLOADS / "telegram-chat.json", shelf, scope=Scope.person(person), me=Me(name="luis", person=person))
    assert {str(memory.scope) for memory in shelf.held} == {"person:3"}
    assert {memory.speaker: memory.person for memory in shelf.held} == {"Ana Ruiz": None, "Luis": person}


async def test_imported_exchanges_are_never_training_examples(database: Database, shelf: Shelf) -> None:
    await take(PAYLOADS / "exchanges.jsonl", shelf)
    async with database.reading() as connection:
        rows = (await connection.execute(select(exchanges.c.consents, exchanges.c.person_id))).all()
    assert [tuple(row) for row in rows] == [(False, None), (False, None)]


async def test_what_stands_before_a_break_is_kept_and_does_not_come_twice(tmp_path: Path, shelf: Shelf) -> None:
    whole = (PAYLOADS / "telegram-chat.json").read_text(encoding="utf-8")
    (tmp_path / "result.json").write_text(whole[:1100], encoding="utf-8")
    with pytest.raises(ImportRefused):
        await take(tmp_path / "result.json", shelf)
    before = await count(shelf.database)
    assert before > 0
    (tmp_path / "result.json").write_text(whole, encoding="utf-8")
    report = await take(tmp_path / "result.json", shelf)
    assert (report.known, report.new) == (before, 4 - before)


async def test_a_folder_is_imported_whole_and_names_what_it_could_not_read(tmp_path: Path, shelf: Shelf) -> None:
    (tmp_path / "2024-05-31.ascii.txt").write_text("[10:00] <eva> hi\n[10:01] <pau> hello\n", encoding="utf-8")
    (tmp_path / "2024-05-31.annotation.txt").write_text("0 1 -\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("pan y leche\n", encoding="utf-8")
    report = await take(tmp_path, shelf)
    assert (report.new, report.formats) == (2, ("irc",))
    assert [row.where for row in report.unreadable] == ["notes.txt"]
    assert await count(shelf.database, exchanges) == 1


async def test_progress_ends_at_the_files_size(tmp_path: Path, shelf: Shelf) -> None:
    seen: list[ImportProgress] = []
    path = long_chat(tmp_path, lines=600)
    await import_file(
        path, database=shelf.database, indexer=shelf, scope=None, dry_run=False, now=NOW, progress=seen.append
    )
    assert [step.turns for step in seen] == [256, 512, 600]
    assert (seen[-1].position, seen[-1].size) == (path.stat().st_size, path.stat().st_size)


async def test_a_path_that_is_not_there_is_refused(tmp_path: Path, shelf: Shelf) -> None:
    with pytest.raises(ImportRefused, match=r"does not exist"):
        await take(tmp_path / "nothing.json", shelf)
