"""Settings of conversations, and counting what there is."""

from datetime import timedelta

from sqlalchemy import insert

from memory.audit import Audit
from memory.census import Census, count
from memory.database import Database
from memory.people import People
from memory.records import PersonId, Role
from memory.rooms import Room, Rooms
from memory.schema import conversations, inbox, turns
from tests.fakes.household import NOW, author, telegram


async def write_thread(database: Database, thread: str, *, chat: str = "-100") -> int:
    async with database.writing() as connection:
        made = await connection.scalar(
            insert(conversations)
            .values(
                key=f"telegram:{chat}:{thread}",
                platform="telegram",
                chat_id=chat,
                thread_id=thread,
                kind="group",
                created_at=NOW,
            )
            .returning(conversations.c.id)
        )
    assert made is not None
    return made


async def test_a_groups_settings_hold_in_its_threads_and_in_those_to_come(database: Database) -> None:
    rooms = Rooms(database)
    await write_thread(database, "")
    await rooms.set_listens("telegram", "-100", True, by=PersonId(1), now=NOW)
    await rooms.set_persona("telegram", "-100", "Breve")
    await write_thread(database, "5")
    await write_thread(database, "", chat="-200")
    assert await Rooms(database).get("telegram", "-100") == Room(listens=True, persona="Breve")
    assert await rooms.get("telegram", "-200") == Room()
    await rooms.set_listens("telegram", "-100", False, by=PersonId(1), now=NOW)
    await rooms.set_persona("telegram", "-100", "")
    assert await rooms.get("telegram", "-100") == Room()


async def test_listening_is_audited(database: Database) -> None:
    await write_thread(database, "")
    await Rooms(database).set_listens("telegram", "-100", True, by=PersonId(1), now=NOW)
    deed = (await Audit(database).last(limit=1))[0]
    assert (deed.person, deed.action, deed.detail) == (1, "group listen", "telegram:-100")


async def test_a_conversation_that_nobody_spoke_in_starts_at_its_beginning(database: Database) -> None:
    await write_thread(database, "")
    assert await Rooms(database).start_anew("telegram:-100:") == 0


async def test_memories_are_the_turns_that_the_vector_store_has(database: Database) -> None:
    ana = await People(database).resolve(author(telegram("7")), now=NOW)
    place = await write_thread(database, "")
    async with database.writing() as connection:
        for memorable, indexed in ((True, NOW), (True, None), (False, None)):
            await connection.execute(
                insert(turns).values(
                    conversation_id=place,
                    scope=f"person:{ana.id}",
                    role=Role.USER,
                    text="hola",
                    said_at=NOW,
                    memorable=memorable,
                    indexed_at=indexed,
                )
            )
    assert await count(database, since=NOW) == Census(people=1, turns=3, memories=1, messages=0)


async def test_messages_are_those_received_since_and_meant_for_martin(database: Database) -> None:
    place = await write_thread(database, "")
    async with database.writing() as connection:
        for number, (conversation, at) in enumerate(
            ((place, NOW), (place, NOW - timedelta(seconds=1)), (None, NOW)), start=1
        ):
            await connection.execute(
                insert(inbox).values(
                    conversation_id=conversation,
                    platform="telegram",
                    chat_id="-100",
                    message_id=str(number),
                    state="done",
                    received_at=at,
                )
            )
    assert (await count(database, since=NOW)).messages == 1
