"""One visible reply: typing, growing, and there for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import reply
from bot.errors import ChannelError, ChannelGone
from bot.messages import OutboundMessage
from bot.reply import Reply
from memory.inbox import Inbox
from memory.outbox import Outbox
from memory.records import InboxId
from tests.fakes.channel import QUICK, FakeChannel, until
from tests.fakes.core import ANA, Talk, chat_of, talking
from tests.fakes.model import ScriptedModel

HERE = OutboundMessage(chat=chat_of(ANA), text="", votable=True)


@asynccontextmanager
async def replying_in(talk: Talk) -> AsyncIterator[Reply]:
    """A reply to a first message, which waits."""
    place = chat_of(ANA)
    conversation = await talk.house.transcripts.conversation(
        key=place.key,
        platform=place.platform,
        chat_id=place.id,
        thread_id="",
        kind=place.kind,
        title="",
        server_id="",
        now=talk.clock(),
    )
    row = await Inbox(talk.house.database).receive(
        conversation=conversation, platform="telegram", chat_id="7", message_id="1", payload="", now=talk.clock()
    )
    async with Reply(
        channel=talk.channel,
        outbox=Outbox(talk.house.database),
        template=HERE,
        conversation=conversation,
        inbox_id=row or InboxId(0),
        clock=talk.clock,
    ) as opened:
        yield opened


async def test_while_nothing_is_said_martin_is_seen_to_think(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "TYPING_AFTER", 0.01)
    monkeypatch.setattr(reply, "TYPING_SECONDS", 0.01)
    async with talking(tmp_path, ScriptedModel()) as talk, replying_in(talk):
        await until(lambda: talk.channel.typings >= 3)
        assert talk.shown() == []


async def test_one_message_grows(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk, replying_in(talk) as growing:
        for text in ("Había", "Había una vez un gato", "Había una vez un gato y una gata en un tejado"):
            growing.show(text)
            await until(lambda text=text: talk.texts() == [text])
        assert not talk.shown()[0].versions[-1].votable
        assert growing.begun


async def test_where_nothing_can_be_shown_before_it_is_whole_nothing_is(tmp_path: Path) -> None:
    channel = FakeChannel(capabilities=replace(QUICK, previews=False))
    async with talking(tmp_path, ScriptedModel(), channel=channel) as talk, replying_in(talk) as growing:
        growing.show("Había una vez")
        await asyncio.sleep(0.05)
        assert talk.shown() == []


async def test_an_edit_waits_for_its_time(tmp_path: Path) -> None:
    channel = FakeChannel(capabilities=replace(QUICK, preview_interval=timedelta(seconds=0.1)))
    async with talking(tmp_path, ScriptedModel(), channel=channel) as talk, replying_in(talk) as growing:
        for number in range(20):
            growing.show("palabra " * (number + 1))
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert len(talk.shown()[0].versions) <= 4


async def test_a_throttled_preview_is_followed_by_a_newer_one(tmp_path: Path) -> None:
    channel = FakeChannel(faults=[ChannelError("too many")])
    async with talking(tmp_path, ScriptedModel(), channel=channel) as talk, replying_in(talk) as growing:
        growing.show("Había")
        await asyncio.sleep(0.01)
        growing.show("Había una vez un gato")
        await until(lambda: talk.texts() == ["Había una vez un gato"])


async def test_in_a_chat_that_is_gone_nothing_more_is_painted(tmp_path: Path) -> None:
    channel = FakeChannel(faults=[ChannelGone("blocked")])
    async with talking(tmp_path, ScriptedModel(), channel=channel) as talk, replying_in(talk) as growing:
        growing.show("Había")
        await asyncio.sleep(0.02)
        growing.show("Había una vez un gato")
        await asyncio.sleep(0.02)
        assert talk.shown() == []


async def test_a_full_piece_is_sent_for_good_while_the_next_grows(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk, replying_in(talk) as growing:
        growing.show("palabra " * 60)
        await until(lambda: len(talk.shown()) == 2)
        assert [sent.final for sent in talk.shown()] == [True, False]


async def test_a_preview_on_its_way_when_the_answer_ends_is_the_message_that_holds_it(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        talk.channel.open.clear()
        await talk.says("Hola")
        await talk.until_asked(1)
        await asyncio.sleep(0.05)
        talk.channel.open.set()
        await talk.idle()
        assert talk.texts() == ["Vale."]
