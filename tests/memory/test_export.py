import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from bot.export_page import page
from memory.database import Database
from memory.export import export_person
from memory.inbox import Inbox
from memory.people import People
from memory.records import Account, Author, ConversationId, InboxId, PersonId, Role, Scope
from memory.schema import grants, turns, votes
from memory.transcripts import Answered, Outcome, Said, Transcripts
from tests.memory.conftest import NOW

LATER = timedelta(seconds=1)
GROUP = Scope.place("telegram", "-5")


async def person(database: Database, name: str) -> PersonId:
    author = Author(account=Account(platform="telegram", user_id=name), name=name)
    return (await People(database).resolve(author, now=NOW)).id


async def talk(database: Database, who: PersonId, asked: str, answer: str, *, scope: Scope) -> int:
    transcripts = Transcripts(database)
    place = await transcripts.conversation(
        key=f"key {scope}",
        platform="telegram",
        chat_id=scope.key,
        thread_id="",
        kind="direct" if scope != GROUP else "group",
        title="El club" if scope == GROUP else "",
        server_id="",
        now=NOW,
    )
    written = await transcripts.finish(
        Answered(
            conversation=place, inputs=[Said(role=Role.USER, text=asked, said_at=NOW, scope=scope, person=who)],
            again=None, response=Said(role=Role.ASSISTANT, text=answer, said_at=NOW + LATER, scope=scope),
            inbox_ids=[await _received(database, place, asked)], person=who, provider="none", model="", adapter="",
            consents=False, outcome=Outcome.COMPLETE, recalled=[], started_at=NOW,
        ),
        now=NOW,
    )  # fmt: skip
    return written.exchange


async def _received(database: Database, place: ConversationId, message: str) -> InboxId:
    found = await Inbox(database).receive(
        conversation=place, platform="telegram", chat_id=str(place), message_id=message, payload="{}", now=NOW
    )
    assert found is not None
    return found


@pytest.fixture
async def eva(database: Database) -> PersonId:
    """Eva and Pau, who both talk with Martín: each alone, and both in a group."""
    eva, pau = await person(database, "eva"), await person(database, "pau")
    await talk(database, eva, "Lo mío a solas", "Respuesta a Eva", scope=Scope.person(eva))
    exchange = await talk(database, eva, "Lo mío en el grupo", "Respuesta a Eva allí", scope=GROUP)
    await talk(database, pau, "Lo de Pau en el grupo", "Respuesta a Pau", scope=GROUP)
    await talk(database, pau, "Lo de Pau a solas", "Secreto de Pau", scope=Scope.person(pau))
    async with database.writing() as connection:
        await connection.execute(
            insert(votes).values(exchange_id=exchange, person_id=eva, verdict="good", voted_at=NOW)
        )
        for name in ("eva", "pau"):
            row = {"kind": "person", "subject": f"telegram:{name}", "role": "allowed", "granted_at": NOW}
            await connection.execute(insert(grants).values(**row))
        await connection.execute(
            insert(turns).values(
                conversation_id=1, scope=str(Scope.person(eva)), role=Role.USER, speaker="Luis", text="Lo de Luis",
                said_at=NOW, source="import:1", external_id="1",
            )
        )  # fmt: skip
    return eva


async def test_everything_of_one_person_is_in(database: Database, eva: PersonId) -> None:
    export = await export_person(database, eva, now=NOW)
    assert [turn.text for turn in export.turns] == [
        "Lo mío a solas",
        "Respuesta a Eva",
        "Lo mío en el grupo",
        "Respuesta a Eva allí",
    ]
    assert [row["user_id"] for row in export.accounts] == ["eva"]
    assert [row["subject"] for row in export.grants] == ["telegram:eva"]
    assert ([row["verdict"] for row in export.votes], len(export.exchanges), len(export.received)) == (["good"], 2, 1)


async def test_nothing_of_others_is_in(database: Database, eva: PersonId) -> None:
    export = await export_person(database, eva, now=NOW)
    text = export.json.decode() + page(export, language="es", zone=ZoneInfo("Europe/Madrid"), name="Martín").decode()
    for word in ("Pau", "pau", "Luis"):
        assert word not in text


async def test_the_json_is_whole_and_its_times_are_iso(database: Database, eva: PersonId) -> None:
    data = json.loads((await export_person(database, eva, now=NOW)).json)
    assert data["exported_at"] == NOW.isoformat()
    assert data["turns"][0]["said_at"] == NOW.isoformat()
    assert data["person"]["id"] == eva


async def test_the_page_escapes_what_people_write(database: Database) -> None:
    mallory = await person(database, "<script>alert(1)</script>")
    await talk(database, mallory, "<img src=x onerror=alert(1)>", "<b>no</b> & sí", scope=Scope.person(mallory))
    export = await export_person(database, mallory, now=NOW)
    html = page(export, language="en", zone=ZoneInfo("UTC"), name="Martín").decode()
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;b&gt;no&lt;/b&gt; &amp; sí" in html


@pytest.mark.parametrize(
    ("language", "title"), [("es", "Lo que Martín sabe de ti"), ("en", "What Martín knows about you")]
)
async def test_the_page_speaks_the_persons_language(
    database: Database, eva: PersonId, language: str, title: str
) -> None:
    export = await export_person(database, eva, now=NOW)
    html = page(export, language=language, zone=ZoneInfo("Europe/Madrid"), name="Martín").decode()
    assert f"<h1>{title}</h1>" in html
    assert "2026-11-23 10:00" in html


async def test_a_person_that_is_not_there_has_no_export(database: Database) -> None:
    with pytest.raises(LookupError):
        await export_person(database, PersonId(99), now=NOW)
