"""From what comes in to what is done with it: order, limits, refusals, crashes and the end."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.codec import encode_inbound, encode_outbound
from bot.errors import StorageError
from bot.i18n import say
from bot.lanes import Lanes
from bot.messages import Addressing, Attachment, AttachmentKind, InboundCorrection, OutboundMessage, Receipt, Verdict
from memory.inbox import Inbox
from memory.outbox import Outbox
from memory.people import author_of
from memory.records import Author, InboxId
from memory.schema import accounts, deliveries, inbox, turns, usage
from tests.fakes.channel import FakeChannel, until
from tests.fakes.core import ANA, GROUP, LUIS, Clock, Talk, chat_of, replying, talking
from tests.fakes.model import Script, ScriptedModel

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
SLOW = Script(text="Uno dos tres", hangs=True)


async def refuses(talk: Talk, table: str, *, on: str = "INSERT", reason: str = "disk I/O error") -> None:
    """From now on the database refuses to write to `table`, as a full disk would."""
    async with talk.house.database.writing() as connection:
        if connection.dialect.name == "sqlite":
            action = f"BEGIN SELECT RAISE(FAIL, '{reason}'); END"
        else:
            body = f"BEGIN RAISE '{reason}'; END"
            await connection.execute(text(f"CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
            action = "FOR EACH ROW EXECUTE FUNCTION refused()"
        await connection.execute(text(f"CREATE TRIGGER refusal BEFORE {on} ON {table} {action}"))


async def accepts(talk: Talk) -> None:
    async with talk.house.database.writing() as connection:
        sqlite = connection.dialect.name == "sqlite"
        await connection.execute(text("DROP TRIGGER refusal" if sqlite else "DROP FUNCTION refused() CASCADE"))


async def received(talk: Talk, words: str, **rest: object) -> InboxId:
    """A message that was received before a crash, and not answered."""
    message = talk.message(words, **rest)  # type: ignore[arg-type]
    person = await talk.house.people.resolve(message.author, now=talk.clock())
    row = await Inbox(talk.house.database).receive(
        conversation=await conversation(talk),
        platform="telegram",
        chat_id=message.chat.id,
        message_id=f"before-{message.message_id}",
        payload=encode_inbound(message),
        now=talk.clock(),
    )
    assert author_of(message.author, person).person
    assert row
    return row


async def conversation(talk: Talk):  # type: ignore[no-untyped-def]  # a ConversationId
    chat = chat_of(ANA)
    return await talk.house.transcripts.conversation(
        key=chat.key,
        platform=chat.platform,
        chat_id=chat.id,
        thread_id="",
        kind=chat.kind,
        title="",
        server_id="",
        now=talk.clock(),
    )


async def shown_before(talk: Talk, row: InboxId, *pieces: str) -> None:
    """What of an answer a crash left in the chat."""
    for piece, words in enumerate(pieces):
        message = OutboundMessage(chat=chat_of(ANA), text=words)
        held = await talk.channel.preview(message, replacing=None)
        await Outbox(talk.house.database).growing(
            row,
            conversation=await conversation(talk),
            piece=piece,
            nonce=f"before-{piece}",
            message_id=held,
            now=talk.clock(),
        )


# Order ---------------------------------------------------------------------------------------------


async def test_a_redelivered_message_is_answered_once(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        message = talk.message("Hola")
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.TAKEN
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.DUPLICATE
        await talk.idle()
        assert talk.texts() == ["Vale."]


async def test_what_waits_is_answered_together_and_what_is_still_added_joins_it(tmp_path: Path) -> None:
    model = ScriptedModel(Script(text="Uno dos", hangs=True), Script(text="Vale.", first=0.2))
    async with talking(tmp_path, model) as talk:
        await talk.says("Cuenta")
        await until(lambda: talk.shown())
        for words in ("Quiero ir", "a Lisboa"):
            await talk.says(words)
        await talk.says("/stop")
        await talk.until_asked(2)
        await talk.says("con mi hermana")
        await talk.idle()
        assert talk.asked[-1].split("\n") == ["Quiero ir", "a Lisboa", "con mi hermana"]
        assert talk.texts()[-1] == "Vale."
        assert talk.core.attendant.all_waiting == 0


async def test_nothing_said_after_a_command_is_answered_before_it(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(SLOW, "Vale.")) as talk:
        await talk.says("Cuenta")
        await until(lambda: talk.shown())
        for words in ("Una cosa", "/new", "Otra cosa"):
            await talk.says(words)
        await talk.says("/stop")
        await talk.idle()
        assert talk.asked == ["Cuenta", "Una cosa", "Otra cosa"]
        assert len(talk.model.prompts[-1].turns) == 1


async def test_what_different_people_say_in_a_group_is_answered_apart(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(Script(text="Vale.", first=0.05))) as talk:
        await talk.says("Una", ANA, chat=GROUP)
        await talk.says("Otra", LUIS, chat=GROUP)
        await talk.says("Más", ANA, chat=GROUP)
        await talk.idle(GROUP)
        assert talk.texts(GROUP) == ["Vale."] * 3
        assert talk.asked == ["Una", "Otra", "Más"]


# Too much ------------------------------------------------------------------------------------------


async def test_who_sends_too_much_is_told_once_and_can_still_stop(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(SLOW, "Vale."), access_messages_per_minute="0") as talk:
        await talk.says("Cuenta")
        await until(lambda: talk.shown())
        receipts = [await talk.says(f"Cosa {number}") for number in range(22)]
        assert receipts == [Receipt.TAKEN] * 20 + [Receipt.DONE] * 2
        assert await talk.says("/stop") is Receipt.DONE
        await talk.idle()
        assert talk.texts().count(say("es", "core-too-many", waiting=20)) == 1
        assert "Cosa 19" in talk.asked[-1]
        assert "Cosa 20" not in talk.asked[-1]
        assert {row.state for row in await talk.rows(inbox)} == {"answered", "joined", "passed"}


async def test_when_too_many_wait_everywhere_the_next_is_told(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(SLOW, "Vale."), dispatch_queue_size="1") as talk:
        await talk.says("Cuenta")
        await until(lambda: talk.shown())
        assert await talk.says("Una cosa más") is Receipt.TAKEN
        assert await talk.asks("Hola", LUIS) == say("es", "core-crowded", waiting=1)
        await talk.says("/stop")
        await talk.idle()
        assert await talk.says("Hola", LUIS) is Receipt.TAKEN


async def test_past_the_daily_budget_a_person_is_told_until_when(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale."), access_messages_per_day="1") as talk:
        assert await talk.asks("Hola") == "Vale."
        assert await talk.asks("Otra") == say("es", "access-day-spent", limit=1, time="00:00")
        await talk.says("Y otra")
        await talk.idle()
        assert len(talk.shown()) == 2


# Who may -------------------------------------------------------------------------------------------


async def test_a_stranger_gets_a_code_and_leaves_a_number(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(), access_policy="pairing") as talk:
        message = talk.message("Hola, soy un secreto")
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.REFUSED
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.DUPLICATE
        await talk.idle()
        assert len(talk.shown()) == 1
        assert await talk.rows(accounts) == []
        assert [(row.state, row.payload, row.conversation_id) for row in await talk.rows(inbox)] == [
            ("refused", "", None)
        ]
        vote = await talk.votes(Verdict.GOOD, "1")
        assert vote is Receipt.REFUSED


async def test_a_stranger_whose_chat_is_gone_is_let_go(tmp_path: Path) -> None:
    channel = FakeChannel(gone={ANA.user_id})
    async with talking(tmp_path, ScriptedModel(), channel=channel, access_policy="pairing") as talk:
        assert await talk.says("Hola") is Receipt.REFUSED
        await talk.idle()
        assert talk.shown() == []


async def test_a_strangers_form_is_refused(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(), access_policy="pairing") as talk:
        form = InboundCorrection(
            chat=chat_of(ANA),
            message_id="1",
            author=Author(account=ANA, name="Ana"),
            text="No",
            sent_at=talk.clock(),
        )
        assert await talk.core.dispatcher.handle(talk.channel, form) is Receipt.REFUSED


async def test_who_reacts_to_what_is_not_martins_stays_unknown(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        assert await talk.votes(Verdict.GOOD, "12345", LUIS, chat=GROUP) is Receipt.REFUSED
        assert await talk.rows(accounts) == []


async def test_a_group_is_overheard_only_where_its_admin_turned_that_on(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(), access_allowed_chats="telegram:-100") as talk:
        said = {"chat": GROUP, "addressing": Addressing.NONE}
        assert await talk.says("El partido es a las ocho", LUIS, **said) is Receipt.REFUSED
        await talk.asks("Hola", chat=GROUP)
        ana = await talk.house.people.find(ANA)
        assert ana
        await talk.house.rooms.set_listens(GROUP.platform, GROUP.id, True, by=ana.id, now=talk.clock())
        message = talk.message("El partido es a las nueve", LUIS, **said)
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.DONE
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.DUPLICATE
        assert await talk.says("  ", LUIS, **said) is Receipt.REFUSED
        await talk.asks("/new", chat=GROUP)
        await talk.asks("¿A qué hora es el partido?", chat=GROUP)
        assert "nueve" in talk.model.prompts[-1].system
        assert "ocho" not in str(await talk.rows(turns))


# A database that takes nothing ---------------------------------------------------------------------


async def test_what_cannot_be_written_is_not_acknowledged_and_its_author_is_told_once(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola")
        await refuses(talk, "inbox")
        message = talk.message("Esto no cabe", language="de")
        for _ in range(2):
            with pytest.raises(StorageError):
                await talk.core.dispatcher.handle(talk.channel, message)
        await accepts(talk)
        assert await talk.core.dispatcher.handle(talk.channel, message) is Receipt.TAKEN
        await talk.idle()
        assert talk.texts() == ["Vale.", say("es", "error-storage"), "Vale."]


async def test_a_message_whose_cost_cannot_be_counted_is_answered(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola")
        await refuses(talk, "usage", on="UPDATE")
        assert await talk.asks("Otra cosa") == "Vale."
        assert [row.messages for row in await talk.rows(usage)] == [1]


async def test_an_answer_waits_for_the_database_and_is_said_once(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await refuses(talk, "exchanges", reason="database is locked")
        await talk.says("Hola")
        await until(lambda: any(say("es", "error-storage") in sent for sent in talk.texts()))
        await accepts(talk)
        await talk.idle()
        assert talk.texts() == ["Vale."]


async def test_every_piece_arrives_though_its_arrival_cannot_be_noted_at_once(tmp_path: Path) -> None:
    words = " ".join(f"palabra{number}" for number in range(100))
    channel = FakeChannel(faults=[])
    async with talking(tmp_path, ScriptedModel(words), channel=channel) as talk:
        channel.open.clear()
        await talk.says("Cuéntamelo todo")
        await talk.until_asked(1)
        await asyncio.sleep(0.05)
        await refuses(talk, "deliveries", on="UPDATE")
        channel.open.set()
        await asyncio.sleep(0.1)
        await accepts(talk)
        await talk.idle()
        assert " ".join(talk.texts()) == words
        assert {row.state for row in await talk.rows(deliveries)} == {"delivered"}


async def test_a_command_that_fails_says_so_and_is_done_with(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        await talk.asks("Hola")
        await refuses(talk, "turns")
        assert await talk.asks("/remember Mi perro se llama Toby") == say("es", "error-storage")
        assert {row.state for row in await talk.rows(inbox)} == {"answered"}


async def test_a_model_that_breaks_in_an_unforeseen_way_is_explained(tmp_path: Path) -> None:
    def broken(_prompt: object) -> str:
        raise ZeroDivisionError

    async with talking(tmp_path, ScriptedModel(line=broken)) as talk:
        assert await talk.asks("Hola") == say("es", "error-unexpected")


async def test_what_fails_before_the_model_is_asked_is_explained_too(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Hola")
        async with talk.house.database.writing() as connection:
            await connection.execute(text("ALTER TABLE conversations RENAME COLUMN chat_id TO elsewhere"))
        assert await talk.asks("No", reply_to=replying(talk.shown()[0])) == say("es", "error-storage")
        assert {row.state for row in await talk.rows(inbox)} == {"answered"}


# After a crash -------------------------------------------------------------------------------------


async def test_what_a_crash_left_unanswered_is_answered_in_the_message_that_was_begun(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        row = await received(talk, "Quiero ir a Lisboa")
        await shown_before(talk, row, "Lisboa es")
        await received(talk, "con mi hermana")
    async with talking(tmp_path, ScriptedModel("Vale."), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == ["Vale."]
        assert "hermana" in talk.asked[0]
        assert sorted(row.state for row in await talk.rows(inbox)) == ["answered", "joined"]


async def test_pieces_that_a_shorter_answer_does_not_reach_are_emptied(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await shown_before(talk, await received(talk, "Cuéntamelo todo"), "Uno", "dos", "tres")
    async with talking(tmp_path, ScriptedModel("Vale."), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == ["Vale.", "⋯", "⋯"]


async def test_what_is_too_old_is_apologised_for_where_its_answer_had_begun(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await shown_before(talk, await received(talk, "Hola", language="en-GB"), "Half a")
    clock.passes(timedelta(hours=7))
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == [say("en", "core-apology")]
        assert talk.model.prompts == []


async def test_without_a_known_language_the_configured_one_is_spoken_after_a_crash(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await received(talk, "Bom dia", language="pt")
    clock.passes(timedelta(hours=7))
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock, language="en") as talk:
        await talk.idle()
        assert talk.texts() == [say("en", "core-apology")]


async def test_what_was_written_and_not_confirmed_is_delivered(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        row = await received(talk, "Hola")
        await shown_before(talk, row, "Val")
        said = [encode_outbound(OutboundMessage(chat=chat_of(ANA), text=words)) for words in ("Vale.", "Adiós.")]
        await Outbox(talk.house.database).outgoing(
            said, conversation=await conversation(talk), inbox_ids=[row], now=clock()
        )
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == ["Vale.", "Adiós."]
        assert {row.state for row in await talk.rows(deliveries)} == {"delivered"}
        assert talk.model.prompts == []


async def test_a_retry_that_a_crash_cut_off_is_answered(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel("Uno."), channel=channel, clock=clock) as talk:
        await talk.asks("¿Cuál?")
        await shown_before(talk, await received(talk, "/retry"), "Do")
    async with talking(tmp_path, ScriptedModel("Dos."), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == ["Uno.", "Dos."]
        assert [row.text for row in await talk.rows(turns) if row.replaced] == ["Uno."]


async def test_what_cannot_be_read_any_more_is_let_go(tmp_path: Path) -> None:
    channel, clock = FakeChannel(), Clock()
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        row = await received(talk, "Hola")
        await Outbox(talk.house.database).outgoing(
            ["{}"], conversation=await conversation(talk), inbox_ids=[], now=clock()
        )
        async with talk.house.database.writing() as connection:
            await connection.execute(inbox.update().where(inbox.c.id == row).values(payload="{}"))
    async with talking(tmp_path, ScriptedModel(), channel=channel, clock=clock) as talk:
        await talk.idle()
        assert talk.texts() == []
        assert [row.state for row in await talk.rows(inbox)] == ["passed"]
        assert [row.state for row in await talk.rows(deliveries)] == ["gone"]


# Files ---------------------------------------------------------------------------------------------


def file(kind: AttachmentKind, name: str, *, size: int = 30) -> Attachment:
    mime = {AttachmentKind.TEXT: "text/plain", AttachmentKind.IMAGE: "image/png"}.get(kind, "audio/ogg")
    return Attachment(kind=kind, name=name, mime=mime, size=size, ref=name)


async def test_files_are_read_into_the_turn_and_what_cannot_be_is_remarked_on(tmp_path: Path) -> None:
    channel = FakeChannel(files={"notas.txt": b"La clave es guacamole."})
    files = (
        file(AttachmentKind.TEXT, "notas.txt"),
        file(AttachmentKind.VOICE, "nota.ogg"),
        file(AttachmentKind.TEXT, "enorme.txt", size=10**9),
        file(AttachmentKind.TEXT, "perdido.txt"),
    )
    async with talking(tmp_path, ScriptedModel("Vale."), channel=channel) as talk:
        answer = await talk.asks("¿Qué dice?", attachments=files)
        assert "guacamole" in talk.asked[0]
        assert answer.startswith(say("es", "attachments-voice"))
        assert answer.endswith("Vale.")
        assert await talk.asks("", attachments=files[1:2]) == say("es", "attachments-voice")
        assert await talk.asks("  ") == say("es", "core-nothing-said")


async def test_a_picture_goes_to_a_model_that_takes_it(tmp_path: Path) -> None:
    channel = FakeChannel(files={"foto.png": PNG})
    model = ScriptedModel("Un cuadro negro.", takes_images=True)
    async with talking(tmp_path, model, channel=channel) as talk:
        photo = file(AttachmentKind.IMAGE, "foto.png")
        assert await talk.asks("", attachments=(photo,)) == "Un cuadro negro."
        assert model.prompts[0].turns[-1].images


# The end -------------------------------------------------------------------------------------------


async def test_a_platform_that_hangs_does_not_keep_martin_from_stopping(tmp_path: Path) -> None:
    channel = FakeChannel()
    async with talking(tmp_path, ScriptedModel(SLOW), channel=channel) as talk:
        talk.core.lanes._drain_seconds = 0.1
        await talk.says("Cuenta")
        await talk.until_asked(1)
        channel.open.clear()
        await talk.says("/help", LUIS)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    assert talk.model.active == 0


async def test_what_comes_beside_the_queues_at_the_end_does_not_keep_them_open() -> None:
    lanes, begun = Lanes(drain_seconds=0.05), asyncio.Event()
    never = asyncio.Event()

    async def last() -> None:
        begun.set()
        await asyncio.sleep(0.01)
        lanes.aside("b", hangs)

    async def hangs() -> None:
        await never.wait()

    async with asyncio.timeout(5):
        async with lanes.open():
            lanes.add("a", last)
            await begun.wait()
    lanes.aside("a", hangs)
    with pytest.raises(RuntimeError):
        Lanes(drain_seconds=1).add("a", hangs)
    with pytest.raises(RuntimeError):
        Lanes(drain_seconds=1).aside("a", hangs)


async def test_a_chat_is_idle_whatever_is_said_beside_others() -> None:
    lanes, never = Lanes(drain_seconds=0.01), asyncio.Event()

    async def hangs() -> None:
        await never.wait()

    async with asyncio.timeout(5), lanes.open():
        lanes.aside("b", hangs)
        await lanes.idle("a")
