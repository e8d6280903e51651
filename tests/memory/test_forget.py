"""Forgetting, over a real database and a real LanceDB: afterwards no file holds the words, in any form."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import lancedb
import pytest
from sqlalchemy import func, insert, select, text

from memory.database import Database
from memory.forget import UNFINISHED, Forgetting
from memory.hashing import HashingEmbedder
from memory.lance import LanceStore
from memory.outbox import DeliveryState
from memory.people import People
from memory.records import Account, Author, ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import (
    audit,
    conversations,
    corrections,
    deliveries,
    exchanges,
    facts,
    inbox,
    metadata,
    people,
    turns,
    votes,
)
from memory.store import MemoryWriter
from memory.transcripts import Answered, Outcome, Said, Transcripts, Written
from tests.memory.conftest import NOW

SECRET = "Mi perro zapaquilda nació en Villamelones de Abajo"
TRACES = ("apaquil", "illamelon")  # of its words in any case, and of their stems
EMBEDDER = HashingEmbedder()


@dataclass(frozen=True)
class Filing:
    """An indexer without a queue."""

    store: MemoryWriter

    async def settled(self, scope: Scope) -> None:
        """Nothing is ever on its way."""

    async def add(self, memories: Sequence[Memory]) -> None:
        await self.store.add(memories, await EMBEDDER.embed([memory.text for memory in memories]))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LanceStore]:
    async with LanceStore.open(str(tmp_path / "memory"), embedder="hashing") as opened:
        yield opened


@dataclass
class World:
    """A database, a store, and a way to talk."""

    database: Database
    store: LanceStore
    folder: Path

    def __post_init__(self) -> None:
        self.filing = Filing(self.store)
        self.forgetting = Forgetting(self.database, store=self.store, indexer=self.filing)
        self.transcripts = Transcripts(self.database)
        self.said = 0

    async def person(self, name: str) -> PersonId:
        author = Author(account=Account(platform="telegram", user_id=name), name=name)
        return (await People(self.database).resolve(author, now=NOW)).id

    async def talk(
        self,
        who: str,
        asked: str,
        answer: str,
        *,
        person: PersonId,
        group: str = "",
        recalled: Sequence[TurnId] = (),
    ) -> Written:
        scope = Scope.place("telegram", group) if group else Scope.person(person)
        chat = group or who
        place = await self.transcripts.conversation(
            key=f"telegram:{chat}:",
            platform="telegram",
            chat_id=chat,
            thread_id="",
            kind="group" if group else "direct",
            title=f"title of {chat}",
            server_id="",
            now=NOW,
        )
        self.said += 1
        at = NOW + timedelta(minutes=self.said)
        asking = Said(
            role=Role.USER, text=asked, said_at=at, scope=scope, person=person, speaker=who,
            platform="telegram", user_id=who, message_id=str(self.said),
        )  # fmt: skip
        async with self.database.writing() as connection:
            received = await connection.scalar(
                insert(inbox)
                .values(
                    conversation_id=place, platform="telegram", chat_id=chat, message_id=str(self.said),
                    state="received", payload=asked, received_at=at,
                )
                .returning(inbox.c.id)
            )  # fmt: skip
        written = await self.transcripts.finish(
            Answered(
                conversation=place, inputs=[asking], again=None,
                response=Said(role=Role.ASSISTANT, text=answer, said_at=at, scope=scope),
                inbox_ids=[received], person=person, provider="none", model="", adapter="", consents=False,
                outcome=Outcome.COMPLETE, recalled=recalled, started_at=at, pieces=[answer],
            ),
            now=at,
        )  # fmt: skip
        await self.remember(place, scope, [(written.inputs[0], asked, person), (written.response, answer, None)], who)
        return written

    async def remember(
        self,
        place: ConversationId,
        scope: Scope,
        said: Iterable[tuple[TurnId | None, str, PersonId | None]],
        who: str,
    ) -> None:
        await self.filing.add(
            [
                Memory(
                    id=turn, scope=scope, conversation=place, role=Role.USER if by else Role.ASSISTANT,
                    speaker=who if by else "", person=by, text=what, said_at=NOW,
                )
                for turn, what, by in said
                if turn is not None
            ]
        )  # fmt: skip

    async def texts(self) -> set[str]:
        async with self.database.reading() as connection:
            return set((await connection.execute(select(turns.c.text))).scalars())

    async def count(self, table: str) -> int:
        async with self.database.reading() as connection:
            return int(await connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0)

    async def holds(self, *words: str) -> list[str]:
        """Every place that still has one of the words: raw bytes of files, and what the libraries decode."""
        found = [
            f"{path.name}: {word}"
            for path in self.folder.rglob("*")
            if path.is_file()
            for word in words
            for form in (word.encode(), word.lower().encode(), word.encode("utf-16-le"))
            if form in path.read_bytes()
        ]
        connection = await lancedb.connect_async(str(self.folder / "memory"))
        for name in (await connection.list_tables()).tables:
            table = await connection.open_table(name)
            for version in await table.list_versions():  # type: ignore[no-untyped-call]
                await table.checkout(version["version"])
                rows = str((await table.query().to_arrow()).to_pylist())
                found += [f"{name} version {version['version']}: {word}" for word in words if word in rows]
            table.close()  # type: ignore[no-untyped-call]
        connection.close()  # type: ignore[no-untyped-call]
        return found


@pytest.fixture
def world(database: Database, store: LanceStore, tmp_path: Path) -> World:
    return World(database, store, tmp_path)


def bytes_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_everything_is_gone_from_every_file(world: World) -> None:
    eva, pau = await world.person("eva"), await world.person("pau")
    for number in range(30):  # so that pages split and fragments hold several people
        await world.talk("eva", f"{SECRET}, asunto {number}", f"Anotado: zapaquilda {number}", person=eva)
        await world.talk("pau", f"Compré {number} tomates en la plaza", "¡Qué ricos!", person=pau)
    assert await world.holds(*TRACES)
    report = await world.forgetting.forget_person(eva, by=eva, now=NOW)
    assert (report.turns, report.answers) == (30, 30)
    assert await world.holds(*TRACES, "title of eva") == []
    assert await world.store.count(scope=Scope.person(pau)) == 60
    assert len(await world.texts()) == 31


async def test_others_talk_on_while_somebody_is_forgotten(world: World) -> None:
    eva, pau = await world.person("eva"), await world.person("pau")
    for number in range(5):
        await world.talk("eva", f"{SECRET} {number}", "Anotado: zapaquilda", person=eva)

    async def chatter() -> None:
        for number in range(10):
            await world.talk("pau", f"Compré {number} tomates", "¡Qué ricos!", person=pau)

    async with asyncio.TaskGroup() as group:
        group.create_task(chatter())
        group.create_task(world.forgetting.forget_person(eva, by=eva, now=NOW))
    assert await world.holds(*TRACES) == []
    assert await world.store.count(scope=Scope.person(pau)) == 20


async def test_a_forgotten_person_leaves_no_account_votes_or_settings(world: World) -> None:
    eva = await world.person("eva")
    written = await world.talk("eva", SECRET, "Anotado.", person=eva)
    async with world.database.writing() as connection:
        own = {"exchange_id": written.exchange, "person_id": eva}
        await connection.execute(insert(votes).values(**own, verdict="bad", voted_at=NOW))
        await connection.execute(insert(corrections).values(**own, text="Se llama Zapaquilda", said_at=NOW))
        await connection.execute(people.update().values(persona="Háblame como a Zapaquilda", language="es"))
    report = await world.forgetting.forget_person(eva, by=eva, now=NOW)
    assert (report.votes, report.corrections) == (1, 1)
    counts = [await world.count(table) for table in ("accounts", "votes", "corrections", "exchanges", "recalled")]
    assert counts == [0, 0, 0, 0, 0]
    assert await world.holds(*TRACES) == []


async def test_one_memory_goes_with_its_answer_and_the_answers_that_recalled_it(world: World) -> None:
    eva = await world.person("eva")
    told = await world.talk("eva", SECRET, "Anotado.", person=eva)
    other = await world.talk("eva", "Tengo una bicicleta roja", "¡Qué bien!", person=eva)
    asked = await world.talk("eva", "¿Cómo se llama?", "Zapaquilda", person=eva, recalled=[told.inputs[0]])
    assert asked.response is not None
    again = await world.talk("eva", "¿Seguro?", "Sí: la perra aquella", person=eva, recalled=[asked.response])
    scope = Scope.person(eva)
    count = await world.forgetting.some(person=eva, scope=scope, turns=(told.inputs[0],), now=NOW)
    assert count == 1
    assert await world.texts() == {"Tengo una bicicleta roja", "¡Qué bien!", "¿Cómo se llama?", "¿Seguro?"}
    assert await world.holds(*TRACES) == []
    left = set((await world.store.ids()).tolist())
    assert left == {*other.inputs, other.response, *asked.inputs, *again.inputs}


async def test_a_period_ends_before_its_end(world: World) -> None:
    eva = await world.person("eva")
    for word in ("uno", "dos", "tres"):
        await world.talk("eva", f"me acuerdo de {word}", f"vale, {word}", person=eva)
    await world.forgetting.some(
        person=eva,
        scope=Scope.person(eva),
        since=NOW + timedelta(minutes=2),
        until=NOW + timedelta(minutes=3),
        now=NOW,
    )
    assert await world.texts() == {"me acuerdo de uno", "vale, uno", "me acuerdo de tres", "vale, tres"}


async def test_forgetting_in_a_group_leaves_direct_chats_and_others_alone(world: World) -> None:
    eva, pau = await world.person("eva"), await world.person("pau")
    await world.talk("eva", "En el grupo digo algo", "Leído", person=eva, group="-5")
    await world.talk("pau", "Yo digo otra cosa", "Leído también", person=pau, group="-5")
    await world.talk("eva", "A solas digo lo mío", "Oído", person=eva)
    await world.forgetting.some(person=eva, scope=Scope.place("telegram", "-5"), now=NOW)
    assert await world.texts() == {"Yo digo otra cosa", "Leído también", "A solas digo lo mío", "Oído"}


async def test_nobody_can_forget_what_another_said(world: World) -> None:
    eva, pau = await world.person("eva"), await world.person("pau")
    written = await world.talk("pau", "Yo digo otra cosa", "Leído", person=pau, group="-5")
    scope = Scope.place("telegram", "-5")
    assert await world.forgetting.some(person=eva, scope=scope, turns=tuple(written.inputs), now=NOW) == 0
    assert len(await world.texts()) == 2


async def test_quotes_by_others_lose_the_sentence_and_keep_the_rest(world: World) -> None:
    eva, pau = await world.person("eva"), await world.person("pau")
    await world.talk("eva", SECRET, "Anotado.", person=eva, group="-5")
    quoting = await world.talk("pau", f"Eva dijo: {SECRET}. ¡Qué risa!", "Ja, ja", person=pau, group="-5")
    await world.talk("pau", "¿Y dónde nació?", "Zapaquilda nació en Villamelones de Abajo", person=pau, group="-5")
    report = await world.forgetting.forget_person(eva, by=None, now=NOW)
    assert report.redacted == 1
    assert await world.texts() == {"Eva dijo: […]. ¡Qué risa!", "Ja, ja", "¿Y dónde nació?"}
    assert await world.holds(*TRACES) == []
    assert quoting.inputs[0] in (await world.store.ids()).tolist()


async def test_what_was_still_to_be_delivered_is_not(world: World) -> None:
    eva = await world.person("eva")
    await world.talk("eva", SECRET, "Anotado: zapaquilda", person=eva)
    await world.forgetting.forget_person(eva, by=eva, now=NOW)
    async with world.database.reading() as connection:
        (row,) = (await connection.execute(select(deliveries))).all()
    assert (row.state, row.payload, row.exchange_id) == (DeliveryState.GONE, "", None)


async def test_the_audit_says_that_it_happened_and_not_what(world: World) -> None:
    eva = await world.person("eva")
    await world.talk("eva", SECRET, "Anotado.", person=eva)
    await world.forgetting.forget_person(eva, by=None, now=NOW)
    async with world.database.reading() as connection:
        (row,) = (await connection.execute(select(audit))).all()
    assert (row.action, row.person_id, row.detail) == ("forget", None, f"person {eva}: 1 turns, 1 answers, 0 quotes")


async def test_a_crash_between_the_stores_is_finished_at_the_next_start(world: World) -> None:
    eva = await world.person("eva")
    written = await world.talk("eva", SECRET, "Anotado.", person=eva)

    class Dying(Filing):
        async def settled(self, scope: Scope) -> None:
            raise ConnectionResetError("killed")

    dying = Forgetting(world.database, store=world.store, indexer=Dying(world.store))
    with pytest.raises(ConnectionResetError):
        await dying.forget_person(eva, by=eva, now=NOW)
    assert written.inputs[0] in (await world.store.ids()).tolist()
    assert await world.forgetting.resume()
    assert await world.holds(*TRACES) == []
    assert not await world.forgetting.resume()
    async with world.database.reading() as connection:
        assert await connection.scalar(select(facts.c.value).where(facts.c.key == UNFINISHED)) is None


async def test_an_imported_conversation_without_a_word_left_goes_too(world: World) -> None:
    eva = await world.person("eva")
    async with world.database.writing() as connection:
        place = await connection.scalar(
            insert(conversations)
            .values(
                key="import:1", platform="import", chat_id="whatsapp:Luis", kind="direct", title="Luis", created_at=NOW
            )
            .returning(conversations.c.id)
        )
        row = {
            "conversation_id": place,
            "scope": f"person:{eva}",
            "role": Role.USER,
            "said_at": NOW,
            "source": "import:1",
        }
        await connection.execute(insert(turns).values(**row, person_id=eva, text=SECRET, external_id="1"))
        (question,) = (
            await connection.execute(
                insert(turns).values(**row, speaker="Luis", text="¿Qué perro?", external_id="2").returning(turns.c.id)
            )
        ).one()
        await connection.execute(
            insert(exchanges).values(
                conversation_id=place, input_turn_id=1, response_turn_id=question, outcome="complete", started_at=NOW
            )
        )
    await world.forgetting.forget_person(eva, by=eva, now=NOW)
    assert (await world.count("turns"), await world.count("conversations"), await world.count("exchanges")) == (0, 0, 0)


async def test_an_imported_answer_is_anothers_words_and_stays(world: World) -> None:
    eva = await world.person("eva")
    async with world.database.writing() as connection:
        place = await connection.scalar(
            insert(conversations)
            .values(key="import:1", platform="import", chat_id="irc:x", kind="group", created_at=NOW)
            .returning(conversations.c.id)
        )
        row = {
            "conversation_id": place,
            "scope": "place:irc:x",
            "role": Role.USER,
            "said_at": NOW,
            "source": "import:1",
        }
        await connection.execute(insert(turns).values(**row, person_id=eva, text="una pregunta", external_id="1"))
        await connection.execute(insert(turns).values(**row, speaker="pau", text="una respuesta", external_id="2"))
        await connection.execute(
            insert(exchanges).values(
                conversation_id=place, input_turn_id=1, response_turn_id=2, outcome="complete", started_at=NOW
            )
        )
    await world.forgetting.forget_person(eva, by=eva, now=NOW)
    assert await world.texts() == {"una respuesta"}


async def test_a_scrubbed_database_holds_no_copy_of_deleted_rows(tmp_path: Path) -> None:
    async with Database.open(f"sqlite+aiosqlite:///{tmp_path}/plain.db") as database:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE said (id INTEGER PRIMARY KEY, name TEXT, words TEXT)"))
            await connection.execute(text("CREATE INDEX by_name ON said (name)"))
            for number in range(3000):
                row = {
                    "id": number,
                    "name": "abcdef"[number * 7 % 6],
                    "words": f"planted{number:05}" + "z" * (number * 37 % 400),
                }
                await connection.execute(text("INSERT INTO said VALUES (:id, :name, :words)"), row)
                grown = {"id": number * 11 % (number + 1), "more": "v" * (number * 13 % 500)}
                await connection.execute(text("UPDATE said SET words = words || :more WHERE id = :id"), grown)
        async with database.writing() as connection:
            await connection.execute(text("DELETE FROM said WHERE id % 2 = 0"))
        assert await database.scrub()
        left = bytes_under(tmp_path)
        assert [number for number in range(0, 3000, 2) if f"planted{number:05}".encode() in left] == []
        assert b"planted00001" in left
