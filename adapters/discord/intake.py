"""What is said on Discord, handed to the core: in order within a channel, and nothing lost.

Also what was said while nobody was connected. Decides nothing about who is answered; commands and buttons are the
business of `interactions`, and stand in the same lines.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import discord
import structlog

from adapters.discord import faults, parse, render
from adapters.discord.asked import Askers
from adapters.discord.lines import Job, Lines
from adapters.discord.recent import Recent
from adapters.discord.seen import Mark, Seen
from bot.channel import Handler
from bot.errors import StorageError
from bot.i18n import say
from bot.messages import Addressing, Chat, ChatKind, Inbound, InboundMessage, Receipt, Verdict

PAUSES = (0.5, 2.0, 5.0)  # seconds before the core is asked again after it failed
LATER = 15.0  # seconds between two more tries while nothing can be written down: a locked database, a full disk
HISTORY = 500  # messages of one channel that are caught up on at most
READY_WITHIN = 60.0  # seconds
READERS = 4  # channels that are caught up on at once: answers need the line too
VERDICTS = 4000  # reactions that are remembered

log = structlog.get_logger()


class Intake:
    """The events of one connected `client`."""

    def __init__(
        self,
        client: discord.Client,
        *,
        handle: Handler,
        lines: Lines,
        seen: Seen,
        askers: Askers,
        clock: Callable[[], datetime],
        language: str,
    ) -> None:
        self._client = client
        self._handle = handle
        self._seen = seen
        self._askers = askers
        self._clock = clock
        self._language = language
        self._lines = lines
        self._readers = asyncio.Semaphore(READERS)
        self._reacted: Recent[tuple[int, int], Verdict] = Recent(VERDICTS)  # by message and person
        self._invited: Recent[tuple[int, int], None] = Recent(VERDICTS)

    # Messages ------------------------------------------------------------------------------------

    def said(self, message: discord.Message) -> None:
        """A message, as the gateway told it."""
        self._lines.put(message.channel.id, lambda: self._take(message, fetched=False))

    def catch_up(self) -> None:
        """A new session begins: read what was said meanwhile, before anything newer in the same channel."""
        for channel, mark in reversed(self._seen.marks().items()):  # where people spoke last, they wait first
            self._lines.put(channel, self._reading(channel, mark))

    def _reading(self, channel: int, mark: Mark) -> Job:
        return lambda: self._read(channel, mark)

    async def _read(self, channel_id: int, mark: Mark) -> None:
        for pause in (*PAUSES, None):
            try:
                missed = await self._missed(channel_id, mark)
                break
            except (discord.HTTPException, RuntimeError, *faults.TRANSIENT) as error:
                if faults.hopeless(error):
                    return self._seen.drop(channel_id)
                log.warning("discord.history_unread", channel=channel_id, error=type(error).__name__)
                if pause is None:  # the next session begins where this one did
                    return self._seen.hold(channel_id, mark.last + 1, direct=mark.direct)
                await asyncio.sleep(pause)
        for message in missed:
            await self._take(message, fetched=True)
        return None

    async def _missed(self, channel_id: int, mark: Mark) -> list[discord.Message]:
        channel: Any
        if mark.direct:
            channel = self._client.get_partial_messageable(channel_id, type=discord.ChannelType.private)
        else:
            async with asyncio.timeout(READY_WITHIN):  # servers and their roles come after the session
                await self._client.wait_until_ready()
            channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
            if (channel.last_message_id or 0) <= mark.last:
                return []
        async with self._readers:
            return await _history(channel, after=mark.last)

    async def _take(self, message: discord.Message, *, fetched: bool) -> None:
        channel, direct = message.channel.id, message.guild is None
        try:
            inbound = await self._inbound(message, fetched=fetched)
        except (discord.HTTPException, RuntimeError, *faults.TRANSIENT) as error:
            log.warning("discord.not_placed", channel=channel, error=type(error).__name__)
            return self._seen.hold(channel, message.id, direct=direct)
        if inbound is None:
            return self._seen.read_to(channel, message.id, direct=direct, addressed=False)
        addressed = inbound.addressing is not Addressing.NONE
        if addressed:
            self._askers.said(inbound.message_id, inbound.author.account.user_id)
        try:
            receipt = await self.hand(inbound)
        except asyncio.CancelledError:
            self._seen.hold(channel, message.id, direct=direct)
            raise
        if receipt is None:
            return self._seen.hold(channel, message.id, direct=direct)
        return self._seen.read_to(channel, message.id, direct=direct, addressed=addressed)

    async def _inbound(self, message: discord.Message, *, fetched: bool) -> InboundMessage | None:
        await self._place(message)
        inbound = parse.message(message, bot=self._client)
        if inbound and fetched and inbound.addressing is not Addressing.NONE and message.guild is not None:
            return replace(inbound, roles=await self._roles(message.guild, message.author.id))
        return inbound

    async def _place(self, message: discord.Message) -> None:
        # A thread that was archived until now is not among those the gateway told: whose it is must be asked.
        if message.guild is not None and isinstance(message.channel, discord.PartialMessageable):
            message.channel = await self._channel(message.channel.id) or message.channel

    async def _channel(self, channel_id: int) -> Any:
        try:
            return self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        except discord.HTTPException as error:
            if not faults.hopeless(error):
                raise
            return None

    async def _roles(self, guild: discord.Guild, person: int) -> tuple[str, ...]:
        # Messages read from the history come without their author's roles.
        try:
            return parse.roles(await guild.fetch_member(person))
        except discord.NotFound:
            return ()

    async def hand(self, inbound: Inbound) -> Receipt | None:
        """Give it to the core; None if that failed again and again. While nothing can be written down, it waits."""
        pauses = iter(PAUSES)
        while True:
            try:
                return await self._handle(inbound)
            except Exception as error:  # a loop's edge: one failure must not end the channel
                pause = next(pauses, LATER if isinstance(error, StorageError) else None)
                if pause is None:
                    log.exception("discord.not_handled", chat=inbound.chat.key)
                    return None
                log.warning("discord.handled_again", chat=inbound.chat.key, exc_info=True)
            await asyncio.sleep(pause)

    # Reactions -----------------------------------------------------------------------------------

    def reacted(self, payload: discord.RawReactionActionEvent, *, added: bool) -> None:
        """A 👍 or 👎 put under a message, or taken away."""
        me = self._client.user
        verdict = parse.thumb(payload)
        if verdict is None or me is None or payload.user_id == me.id:
            return
        if added and payload.message_author_id is not None and payload.message_author_id != me.id:
            return
        key = (payload.message_id, payload.user_id)
        if not added and (self._reacted.get(key) or verdict) is not verdict:
            return  # the other thumb was put there after this one, and stays
        self._reacted.put(key, verdict if added else Verdict.NONE)
        self._lines.put(payload.channel_id, lambda: self._vote(payload, added=added))

    async def _vote(self, payload: discord.RawReactionActionEvent, *, added: bool) -> None:
        if payload.guild_id is None:
            where = Chat(platform=parse.PLATFORM, id=str(payload.channel_id), kind=ChatKind.DIRECT)
        elif (channel := await self._channel(payload.channel_id)) is not None:
            where = parse.chat(channel)
        else:
            return
        vote = parse.reaction(payload, where=where, added=added, now=self._clock())
        if vote is not None and payload.member is None and (guild := self._client.get_guild(payload.guild_id or 0)):
            vote = replace(vote, roles=await self._roles(guild, payload.user_id))  # Discord tells no more of one undone
        if vote is not None and await self.hand(vote) is Receipt.DONE and vote.verdict is Verdict.BAD:
            await self._invite(payload)

    async def _invite(self, payload: discord.RawReactionActionEvent) -> None:
        """Ask whoever put a 👎 what would have been right. No form can be opened for a reaction: a button offers it."""
        key = (payload.message_id, payload.user_id)
        if key in self._invited:
            return
        self._invited.put(key, None)
        reference = discord.MessageReference(
            message_id=payload.message_id, channel_id=payload.channel_id, fail_if_not_exists=False
        )
        await self._client.get_partial_messageable(payload.channel_id).send(
            say(self._language, "discord-invitation"),
            view=render.invitation(message_id=str(payload.message_id), language=self._language),
            reference=reference,
            mention_author=False,
        )


async def _history(channel: Any, *, after: int) -> list[discord.Message]:
    """What was said after the message `after`, oldest first. What discord.py cannot read is left out."""
    found: list[discord.Message] = []
    newer: list[discord.Message] = []
    try:
        async for message in channel.history(after=discord.Object(after), oldest_first=True, limit=HISTORY):
            found.append(message)  # noqa: PERF401 - what was found before the unreadable one is kept
    except (ValueError, KeyError, TypeError) as error:
        log.warning("discord.unreadable_message", channel=channel.id, error=type(error).__name__)
        start = discord.Object(found[-1].id if found else after)
        try:
            async for message in channel.history(after=start, oldest_first=False, limit=HISTORY):
                newer.append(message)  # noqa: PERF401
        except (ValueError, KeyError, TypeError):
            pass
    return found + newer[::-1]
