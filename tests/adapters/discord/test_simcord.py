"""A second opinion: `simcord`, somebody else's simulation of Discord, sees the same bot do the same things.

It runs in the process, without sockets, and plays a person's client: it refuses to press what is not there or to give a
command that was never registered. Time, limits, lost connections and other sockets are the local server's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import simcord

from adapters.discord import DiscordChannel
from adapters.discord.lines import Lines
from adapters.discord.seen import Seen
from bot.messages import Addressing, Inbound, InboundCorrection, InboundMessage, InboundVote, Receipt, Verdict
from tests.adapters.discord.rig import COMMANDS, Notes, saying

pytestmark = pytest.mark.timeout(60)


@asynccontextmanager
async def simulated() -> AsyncIterator[tuple[Any, list[Inbound]]]:
    """A simulated Discord in which Martín answers every message and command with its own text."""
    notes, heard = Notes(), list[Inbound]()
    channel = DiscordChannel(
        token="t",
        clock=lambda: datetime.now(UTC),
        load_seen=notes.load,
        save_seen=notes.save,
        commands=COMMANDS,
    )
    answers: set[asyncio.Task[str]] = set()

    async def handle(inbound: Inbound) -> Receipt:
        heard.append(inbound)
        if not isinstance(inbound, InboundMessage) or inbound.addressing is Addressing.NONE:
            return Receipt.DONE
        private = inbound.text.startswith("/memories")
        answer = saying(inbound.chat, f"«{inbound.text}»", reply_to=inbound.message_id, votable=True, private=private)
        answers.add(asyncio.create_task(channel.deliver(answer, replacing=None, nonce=inbound.message_id)))
        return Receipt.TAKEN

    seen, lines = await Seen.read(load=notes.load, save=notes.save), Lines()
    connection = channel.connection(handle, seen=seen, askers=channel.prepare(seen), lines=lines)
    async with simcord.run(connection) as env:
        yield env, heard
        await connection.interactions.close()
        await lines.close()
        await seen.close()


async def test_a_mention_is_answered_by_a_reply_with_two_thumbs() -> None:
    async with simulated() as (env, heard):
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        ana = guild.add_member(env.create_user("ana"))
        await ana.send(channel, f"<@{env.bot.user.id}> hola")
        await env.settle()
        message = channel.last_message
    assert isinstance(heard[0], InboundMessage)
    assert heard[0].addressing is Addressing.MENTION
    assert message.content == "«hola»"
    assert message.reference is not None
    buttons = [child.custom_id for row in message.components for child in row.children]
    assert buttons == ["martin:vote:good", "martin:vote:bad"]


async def test_commands_are_registered_answered_and_kept_private() -> None:
    async with simulated() as (env, heard):
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        ana = guild.add_member(env.create_user("ana"))
        public = await ana.slash(channel, "help", text="todo")
        private = await ana.slash(channel, "memories")
        await env.settle()
    assert [each.text for each in heard if isinstance(each, InboundMessage)] == ["/help todo", "/memories"]
    assert (public.response.content, public.ephemeral) == ("«/help todo»", False)
    assert (private.response.content, private.ephemeral) == ("«/memories»", True)


async def test_a_thumb_down_opens_a_form_and_what_is_written_there_arrives() -> None:
    async with simulated() as (env, heard):
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        ana = guild.add_member(env.create_user("ana"))
        await ana.send(channel, f"<@{env.bot.user.id}> hola")
        await env.settle()
        shown = await ana.click(channel.last_message, custom_id="martin:vote:bad")
        await ana.submit_modal(shown, {"martin:correction": "Buenas tardes"})
        await env.settle()
    assert [each.verdict for each in heard if isinstance(each, InboundVote)] == [Verdict.BAD]
    assert [each.text for each in heard if isinstance(each, InboundCorrection)] == ["Buenas tardes"]


async def test_a_thumb_put_under_an_answer_is_a_vote() -> None:
    async with simulated() as (env, heard):
        ana = env.create_user("ana")
        guild = env.create_guild()
        member = guild.add_member(ana)
        channel = guild.create_text_channel("general")
        await member.send(channel, f"<@{env.bot.user.id}> hola")
        await env.settle()
        await member.react(channel.last_message, "👍")
        await env.settle()
    assert [each.verdict for each in heard if isinstance(each, InboundVote)] == [Verdict.GOOD]
