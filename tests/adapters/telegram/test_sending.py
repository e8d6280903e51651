"""Delivering and previewing over real sockets, with everything that Telegram and the network put in the way."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from adapters.telegram.menu import MenuEntry
from bot.errors import AttachmentRefused, ChannelGone
from bot.messages import Attachment, AttachmentKind, Chat, ChatKind, File
from tests.adapters.telegram.stage import DIRECT, GROUP, IN_GROUP, TelegramStage, running, saying
from tests.fakes.telegram_rules import FloodLimits
from tests.fakes.telegram_server import ANA, TOKEN, TelegramServer

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as built:
        yield built


@pytest.fixture
async def stage(server: TelegramServer) -> AsyncIterator[TelegramStage]:
    async with running(server) as built:
        yield built


def direct(number: int) -> Chat:
    return Chat(platform="telegram", id=str(number), kind=ChatKind.DIRECT)


def texts(server: TelegramServer, chat: int = ANA["id"]) -> list[str]:
    return [sent.text for sent in server.shown(chat)]


# Previews


async def test_in_a_direct_chat_a_reply_grows_as_a_draft_and_ends_as_one_message(
    server: TelegramServer, stage: TelegramStage
) -> None:
    assert await stage.channel.preview(saying("Había"), replacing=None) is None
    assert await stage.channel.preview(saying("Había una"), replacing=None) is None
    await stage.channel.deliver(saying("Había una vez."), replacing=None, nonce="n")
    assert [draft.text for draft in server.drafts] == ["Había", "Había una"]
    assert len({draft.draft_id for draft in server.drafts}) == 1
    assert [[version.text for version in sent.versions] for sent in server.shown()] == [["Había una vez."]]


async def test_each_reply_has_a_draft_of_its_own(server: TelegramServer, stage: TelegramStage) -> None:
    await stage.channel.preview(saying("Uno"), replacing=None)
    await stage.channel.deliver(saying("Uno."), replacing=None, nonce="1")
    await asyncio.sleep(1.2)  # room for a preview
    await stage.channel.preview(saying("Dos"), replacing=None)
    assert len({draft.draft_id for draft in server.drafts}) == 2


async def test_an_older_server_is_asked_for_drafts_once(server: TelegramServer, stage: TelegramStage) -> None:
    server.has_drafts = False
    server.meet(1, 2)
    for number in (1, 2):
        held = await stage.channel.preview(saying("Había", direct(number)), replacing=None)
        assert held is not None
        await stage.channel.deliver(saying("Había una vez.", direct(number)), replacing=held, nonce="n")
        assert texts(server, number) == ["Había una vez."]
    assert server.calls["sendMessageDraft"] == 1


async def test_a_chat_that_refuses_drafts_is_shown_edits(server: TelegramServer, stage: TelegramStage) -> None:
    await server.fail("sendMessageDraft", "400:Bad Request: drafts are off here")
    held = await stage.channel.preview(saying("Había"), replacing=None)
    assert held == str(server.shown()[0].id)


async def test_in_a_group_a_reply_grows_by_edits(server: TelegramServer, stage: TelegramStage) -> None:
    held = await stage.channel.preview(saying("Había", IN_GROUP), replacing=None)
    assert await stage.channel.preview(saying("Había una", IN_GROUP), replacing=held) == held
    await stage.channel.deliver(saying("Había una vez.", IN_GROUP, votable=True), replacing=held, nonce="n")
    (sent,) = server.shown(GROUP)
    assert [version.text for version in sent.versions] == ["Había", "Había una", "Había una vez."]
    assert "inline_keyboard" in sent.markup
    assert server.drafts == []


async def test_a_preview_on_its_way_is_never_overtaken_by_its_answer(
    server: TelegramServer, stage: TelegramStage
) -> None:
    await server.fail("sendMessage", "delay:0.2")
    preview = asyncio.create_task(stage.channel.preview(saying("Había", IN_GROUP), replacing=None))
    await asyncio.sleep(0.05)
    assert (
        await stage.channel.preview(saying("Había una", IN_GROUP), replacing=None) is None
    )  # dropped: one is on its way
    await stage.channel.deliver(saying("Aparte.", IN_GROUP), replacing=None, nonce="n")
    await preview
    assert [sent.text for sent in server.shown(GROUP)] == ["Había", "Aparte."]


async def test_the_answer_takes_over_a_preview_that_nobody_waited_for(
    server: TelegramServer, stage: TelegramStage
) -> None:
    await server.fail("sendMessage", "delay:0.2")
    preview = asyncio.create_task(stage.channel.preview(saying("Había", IN_GROUP), replacing=None))
    await asyncio.sleep(0.05)
    preview.cancel()
    await asyncio.gather(preview, return_exceptions=True)
    await stage.channel.deliver(saying("Había una vez.", IN_GROUP), replacing=None, nonce="n")
    assert texts(server, GROUP) == ["Había una vez."]


async def test_typing_is_shown_at_most_every_few_seconds(server: TelegramServer, stage: TelegramStage) -> None:
    for _ in range(3):
        await stage.channel.preview(saying(""), replacing=None)
    assert [(chat, action) for chat, action, _ in server.actions] == [(ANA["id"], "typing")]


@pytest.mark.parametrize("failure", ["502", "drop_before", "429:2", "400:Bad Request: something new", "garbage"])
async def test_a_preview_that_fails_is_only_dropped(server: TelegramServer, stage: TelegramStage, failure: str) -> None:
    await server.fail("sendMessage", failure)
    assert await stage.channel.preview(saying("Había", IN_GROUP), replacing=None) is None


async def test_a_preview_to_who_blocked_us_says_so(server: TelegramServer, stage: TelegramStage) -> None:
    await server.block(ANA["id"])
    for text in ("", "Había"):
        with pytest.raises(ChannelGone):
            await stage.channel.preview(saying(text), replacing=None)


# Answers


@pytest.mark.parametrize("failure", ["502", "drop_before", "429:1", "garbage"])
async def test_an_answer_outlasts_trouble_and_arrives_once(
    server: TelegramServer, stage: TelegramStage, failure: str
) -> None:
    await server.fail("sendMessage", failure, times=2)
    await stage.channel.deliver(saying("Toby"), replacing=None, nonce="n")
    assert texts(server) == ["Toby"]


async def test_a_send_whose_answer_was_lost_is_sent_again_and_logged_as_such(
    server: TelegramServer, stage: TelegramStage
) -> None:
    await server.fail("sendMessage", "drop_after")
    with structlog.testing.capture_logs() as logs:
        await stage.channel.deliver(saying("Toby"), replacing=None, nonce="n")
    assert texts(server) == ["Toby", "Toby"]
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["send_ambiguous"]


async def test_an_edit_whose_answer_was_lost_leaves_one_message(server: TelegramServer, stage: TelegramStage) -> None:
    held = await stage.channel.deliver(saying("To"), replacing=None, nonce="n")
    await server.fail("editMessageText", "drop_after")
    assert await stage.channel.deliver(saying("Toby"), replacing=held, nonce="n") == held
    assert texts(server) == ["Toby"]


async def test_one_chats_429_stops_no_other(server: TelegramServer, stage: TelegramStage) -> None:
    server.meet(1, 2)
    await server.fail("sendMessage", "429:2")
    slow = asyncio.create_task(stage.channel.deliver(saying("lento", direct(1)), replacing=None, nonce="1"))
    await server.wait_for(lambda: server.refusals[429])
    async with asyncio.timeout(1):
        await stage.channel.deliver(saying("rápido", direct(2)), replacing=None, nonce="2")
    assert not slow.done()
    await slow
    assert (texts(server, 1), texts(server, 2)) == (["lento"], ["rápido"])


async def test_markup_that_telegram_refuses_goes_out_as_plain_text(
    server: TelegramServer, stage: TelegramStage
) -> None:
    await server.fail("sendMessage", "400:Bad Request: can't parse entities: whatever they think of next")
    await stage.channel.deliver(saying("**Toby**"), replacing=None, nonce="n")
    (sent,) = server.shown()
    assert (sent.text, sent.versions[0].entities) == ("**Toby**", [])


@pytest.mark.parametrize(
    "refusal",
    [
        "403:Forbidden: bot was kicked from the supergroup chat",
        "403:Forbidden: user is deactivated",
        "400:Bad Request: chat not found",
        "400:Bad Request: not enough rights to send text messages to the chat",
        "400:Bad Request: message thread not found",
        "400:Bad Request: TOPIC_CLOSED",
    ],
)
async def test_what_can_never_arrive_says_so_at_once(
    server: TelegramServer, stage: TelegramStage, refusal: str
) -> None:
    await server.fail("sendMessage", refusal)
    with pytest.raises(ChannelGone):
        await stage.channel.deliver(saying("**Toby**"), replacing=None, nonce="n")
    assert server.calls["sendMessage"] == 1


async def test_a_group_that_became_a_supergroup_is_followed(server: TelegramServer, stage: TelegramStage) -> None:
    server.migrated[GROUP] = -100999
    await stage.channel.deliver(saying("Toby", IN_GROUP), replacing=None, nonce="n")
    assert texts(server, -100999) == ["Toby"]


async def test_an_answer_replies_in_its_topic_even_if_the_question_is_gone(
    server: TelegramServer, stage: TelegramStage
) -> None:
    topic = Chat(platform="telegram", id=str(GROUP), kind=ChatKind.GROUP, thread_id="9")
    question = await server.inject("¿Cómo se llama?", chat=GROUP)
    await stage.channel.deliver(saying("Toby", topic, reply_to=str(question)), replacing=None, nonce="1")
    await stage.channel.deliver(saying("Toby", topic, reply_to="999999"), replacing=None, nonce="2")
    await stage.channel.deliver(saying("Toby", topic, reply_to="press:1"), replacing=None, nonce="3")
    assert [(sent.thread, sent.reply_to) for sent in server.shown(GROUP)] == [(9, question), (9, None), (9, None)]


async def test_one_file_goes_with_its_text_and_more_follow(server: TelegramServer, stage: TelegramStage) -> None:
    files = (
        File(name="grafica.png", mime="image/png", content=b"\x89PNG"),
        File(name="datos.json", mime="application/json", content=b"{}"),
    )
    message = saying("Aquí **tienes**", files=files, votable=True)
    first = await stage.channel.deliver(message, replacing=None, nonce="n")
    photo, document = server.shown()
    assert first == str(photo.id)
    assert (photo.method, photo.text, photo.file) == ("sendPhoto", "Aquí tienes", ("grafica.png", b"\x89PNG"))
    assert (document.method, document.text, document.file) == ("sendDocument", "", ("datos.json", b"{}"))
    assert "inline_keyboard" in photo.markup


async def test_a_text_too_long_for_a_caption_stands_before_its_file(
    server: TelegramServer, stage: TelegramStage
) -> None:
    files = (File(name="todo.md", mime="text/markdown", content=b"x"),)
    await stage.channel.deliver(saying("palabra " * 200, files=files), replacing=None, nonce="n")
    assert [sent.method for sent in server.shown()] == ["sendMessage", "sendDocument"]


async def test_a_correction_is_asked_for_with_the_reply_box_open(server: TelegramServer, stage: TelegramStage) -> None:
    await stage.channel.deliver(saying("¿Qué era lo correcto?", asks_correction=True), replacing=None, nonce="n")
    assert server.sent[0].markup["force_reply"] is True


async def test_within_telegrams_limits_nothing_is_lost_or_doubled(server: TelegramServer, stage: TelegramStage) -> None:
    server.limits = FloodLimits()
    chats = range(1, 61)
    server.meet(*chats)

    async def reply(number: int) -> None:
        held = None
        for text in ("Ha", "Había", "Había una"):
            held = await stage.channel.preview(saying(text, direct(number)), replacing=held) or held
        await stage.channel.deliver(saying("Había una vez.", direct(number)), replacing=held, nonce=str(number))

    await asyncio.gather(*map(reply, chats))
    assert [texts(server, number) for number in chats] == [["Había una vez."]] * 60
    assert server.refusals[429] > 0  # they were met
    assert server.calls["sendMessage"] < 120  # and then kept


async def test_within_a_groups_limits_every_answer_arrives_in_order(
    server: TelegramServer, stage: TelegramStage
) -> None:
    server.limits = FloodLimits()
    said = [f"respuesta {number}" for number in range(6)]
    await asyncio.gather(*(stage.channel.deliver(saying(text, IN_GROUP), replacing=None, nonce=text) for text in said))
    assert texts(server, GROUP) == said
    assert server.refusals[429] == 0


# The rest of the port


async def test_no_more_of_a_file_is_downloaded_than_allowed(server: TelegramServer, stage: TelegramStage) -> None:
    server.add_file("honest", b"x" * 1000)
    server.add_file("liar", b"x" * 1_000_000, claimed=10)
    server.add_file("huge", b"x", claimed=30 * 1024 * 1024)

    def file(ref: str, size: int = 10) -> Attachment:
        return Attachment(kind=AttachmentKind.TEXT, name="a.txt", mime="text/plain", size=size, ref=ref)

    assert await stage.channel.fetch(file("honest"), limit=1000) == b"x" * 1000
    for ref in ("honest", "liar", "huge", "missing"):
        with pytest.raises(AttachmentRefused) as caught:
            await stage.channel.fetch(file(ref), limit=999)
        assert TOKEN not in str(caught.value)
    before = server.calls["getFile"]
    with pytest.raises(AttachmentRefused):
        await stage.channel.fetch(file("honest", size=5000), limit=999)
    assert server.calls["getFile"] == before


async def test_who_administers_a_group_is_asked_once_in_a_while(server: TelegramServer, stage: TelegramStage) -> None:
    server.administrators[GROUP] = {101}
    for _ in range(3):
        assert await stage.channel.administers(IN_GROUP, "101")
        assert not await stage.channel.administers(IN_GROUP, "102")
    assert server.calls["getChatMember"] == 2
    assert await stage.channel.administers(IN_GROUP, str(GROUP))  # an anonymous admin
    assert not await stage.channel.administers(DIRECT, "101")


async def test_the_menu_shows_each_their_commands_in_their_language(server: TelegramServer) -> None:
    menu = [
        MenuEntry(
            name=name, description=f"{name} ({language})", language=language, admin=admin, direct_only=direct_only
        )
        for language in ("es", "en")
        for name, admin, direct_only in (("help", False, False), ("export", False, True), ("status", True, False))
    ]
    async with running(server, menu=menu, admins=["101", "999"]):
        await server.wait_for(lambda: server.calls["setMyCommands"] == 12)
    listed = {place: [command["command"] for command in commands] for place, commands in server.commands.items()}
    assert listed["default/"] == listed["default/en"] == ["help"]
    assert listed["all_private_chats/es"] == ["help", "export"]
    assert listed["chat:101/"] == ["help", "export", "status"]
    assert not any(place.startswith("chat:999") for place in listed)  # who never wrote has no chat yet
    assert server.commands["default/"][0]["description"] == "help (es)"


async def test_the_token_is_in_no_log(
    server: TelegramServer, stage: TelegramStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        for failure in ("502", "drop_before", "garbage", "400:Bad Request: odd"):
            await server.fail("sendMessage", failure)
            await server.fail("getUpdates", failure)
            await stage.says("Hola")
            with contextlib.suppress(ChannelGone):
                await stage.channel.deliver(saying("**secreto**"), replacing=None, nonce="n")
    everything: list[Any] = [*logs, *(record.getMessage() + str(record.exc_text) for record in caplog.records)]
    assert everything
    assert [entry for entry in everything if TOKEN in str(entry)] == []
    assert [entry for entry in logs if "secreto" in str(entry)] == []
