"""What happens on Discord, handed to the core: in order within a channel, nothing lost, all acknowledged in time.

Messages and reactions go straight on; an interaction is acknowledged first, because Discord waits for 3 seconds only
and a model may take minutes. Decides nothing about who is answered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import discord
import structlog

from adapters.discord import faults, parse, render
from adapters.discord.asked import Asked, Pending
from adapters.discord.commands import CommandSpec
from adapters.discord.lines import Job, Lines
from adapters.discord.outbox import Askers
from adapters.discord.seen import Mark, Seen
from bot.channel import Handler
from bot.i18n import say
from bot.messages import (
    Addressing,
    Chat,
    ChatKind,
    Inbound,
    InboundCorrection,
    InboundMessage,
    InboundVote,
    Receipt,
    Verdict,
)

PAUSES = (0.5, 2.0, 5.0)  # seconds before the core is asked again after it failed
UNANSWERED = 10.0  # seconds that "thinking…" stays where the core had nothing to answer
HISTORY = 500  # messages of one channel that are caught up on at most
VERDICTS = 4000  # last reactions that are remembered
ALREADY_ACKNOWLEDGED = 40060

log = structlog.get_logger()


class Intake:
    """The events of one connected `client`."""

    def __init__(
        self,
        client: discord.Client,
        *,
        handle: Handler,
        seen: Seen,
        asked: Asked,
        askers: Askers,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._handle = handle
        self._seen = seen
        self._asked = asked
        self._askers = askers
        self._clock = clock
        self._lines = Lines()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reacted: OrderedDict[tuple[int, int], Verdict] = OrderedDict()

    async def close(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._lines.close()

    # Messages ------------------------------------------------------------------------------------

    def said(self, message: discord.Message) -> None:
        """A message, as the gateway told it."""
        self._lines.put(message.channel.id, lambda: self._take(message))

    def catch_up(self) -> None:
        """A new session begins: read what was said meanwhile, before anything newer in the same channel."""
        for channel, mark in self._seen.marks().items():
            self._lines.put(channel, self._reading(channel, mark))

    def _reading(self, channel: int, mark: Mark) -> Job:
        return lambda: self._read(channel, mark)

    async def _read(self, channel_id: int, mark: Mark) -> None:
        channel: Any
        if mark.direct:
            channel = self._client.get_partial_messageable(channel_id, type=discord.ChannelType.private)
        else:
            await self._client.wait_until_ready()  # servers and their roles come after the session
            channel = self._client.get_channel(channel_id)
            if channel is not None and (channel.last_message_id or 0) <= mark.last:
                return
        try:
            channel = channel or await self._client.fetch_channel(channel_id)
            for message in await _history(channel, after=mark.last):
                await self._take(message, fetched=True)
        except discord.HTTPException as error:
            if not faults.hopeless(error):
                raise
            self._seen.drop(channel_id)

    async def _take(self, message: discord.Message, *, fetched: bool = False) -> None:
        await self._place(message)
        inbound = parse.message(message, bot=self._client)
        direct = message.guild is None
        if inbound is None:
            self._seen.read_to(message.channel.id, message.id, direct=direct, addressed=False)
            return
        addressed = inbound.addressing is not Addressing.NONE
        if fetched and addressed and message.guild is not None:
            inbound = replace(inbound, roles=await self._roles(message.guild, message.author))
        if addressed:
            self._askers.said(inbound.message_id, inbound.author.account.user_id)
        if await self._hand(inbound) is None:
            self._seen.hold(message.channel.id, message.id, direct=direct)
        else:
            self._seen.read_to(message.channel.id, message.id, direct=direct, addressed=addressed)

    async def _place(self, message: discord.Message) -> None:
        # A thread that was archived until now is not among those the gateway told: whose it is must be asked.
        if message.guild is not None and isinstance(message.channel, discord.PartialMessageable):
            message.channel = await self._channel(message.channel.id) or message.channel

    async def _channel(self, channel_id: int) -> Any:
        try:
            return self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        except discord.HTTPException:
            return None

    async def _roles(self, guild: discord.Guild, person: discord.User | discord.Member) -> tuple[str, ...]:
        # Messages read from the history come without their author's roles.
        try:
            return parse.roles(await guild.fetch_member(person.id))
        except discord.HTTPException:
            return ()

    async def _hand(self, inbound: Inbound) -> Receipt | None:
        """Give it to the core; None if that failed again and again."""
        for pause in (*PAUSES, None):
            try:
                return await self._handle(inbound)
            except Exception:  # a loop's edge: one failure must not end the channel
                if pause is None:
                    log.exception("discord.not_handled", chat=inbound.chat.key)
                    return None
                log.warning("discord.handled_again", chat=inbound.chat.key, exc_info=True)
                await asyncio.sleep(pause)
        return None

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
        if not added and self._reacted.get(key, verdict) is not verdict:
            return  # the other thumb was put there after this one, and stays
        self._reacted[key] = verdict if added else Verdict.NONE
        self._reacted.move_to_end(key)
        if len(self._reacted) > VERDICTS:
            self._reacted.popitem(last=False)
        self._lines.put(payload.channel_id, lambda: self._vote(payload, added=added))

    async def _vote(self, payload: discord.RawReactionActionEvent, *, added: bool) -> None:
        if payload.guild_id is None:
            where = Chat(platform=parse.PLATFORM, id=str(payload.channel_id), kind=ChatKind.DIRECT)
        elif (channel := await self._channel(payload.channel_id)) is not None:
            where = parse.chat(channel)
        else:
            return
        vote = parse.reaction(payload, where=where, added=added, now=self._clock())
        if vote is not None:
            await self._hand(vote)

    # Commands and buttons ------------------------------------------------------------------------

    async def commanded(self, interaction: discord.Interaction, spec: CommandSpec, text: str) -> None:
        """Somebody gave one of the commands."""
        private = spec.private and interaction.guild is not None
        self._command(interaction, f"/{spec.name} {text}".strip(), ephemeral=private)

    async def pressed(self, interaction: discord.Interaction) -> None:
        """A button under one of Martín's messages, whenever that was sent."""
        data: Any = interaction.data or {}
        pressed = str(data.get("custom_id", ""))
        if pressed == render.VOTE_GOOD:
            await self._voted(interaction, Verdict.GOOD)
        elif pressed == render.VOTE_BAD:
            await self._voted(interaction, Verdict.BAD)
        elif pressed.startswith(render.CHOICE):
            alone = interaction.message is not None and interaction.message.flags.ephemeral
            self._command(interaction, pressed.removeprefix(render.CHOICE), ephemeral=alone)

    def _command(self, interaction: discord.Interaction, text: str, *, ephemeral: bool) -> None:
        self._seen.asked(interaction.id, interaction.user.id)
        pending = self._asked.add(interaction, ephemeral=ephemeral)
        acknowledged = self._spawn(self._acknowledge(interaction, ephemeral=ephemeral))
        inbound = InboundMessage(
            chat=self._where(interaction),
            message_id=str(interaction.id),
            author=parse.author(interaction.user),
            text=text,
            sent_at=interaction.created_at,
            addressing=Addressing.COMMAND,
            roles=parse.roles(interaction.user),
            language=interaction.locale.value,
        )

        async def obey() -> None:
            await asyncio.wait({acknowledged})
            if await self._hand(inbound) is not Receipt.TAKEN:
                self._spawn(self._tidy(pending))

        self._lines.put(interaction.channel_id, obey)

    async def _acknowledge(self, interaction: discord.Interaction, *, ephemeral: bool) -> None:
        try:
            await interaction.response.defer(thinking=True, ephemeral=ephemeral)
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:  # an earlier try arrived after all
                log.warning("discord.not_acknowledged", interaction=interaction.id, code=error.code)
                self._asked.discard(interaction.id)
        except faults.TRANSIENT as error:
            log.warning("discord.not_acknowledged", interaction=interaction.id, error=type(error).__name__)
            self._asked.discard(interaction.id)

    async def _tidy(self, pending: Pending) -> None:
        await asyncio.sleep(UNANSWERED)
        try:
            await pending.clear()
        except discord.HTTPException as error:
            log.debug("discord.not_tidied", code=error.code)

    async def _voted(self, interaction: discord.Interaction, verdict: Verdict) -> None:
        message = interaction.message
        if message is None:
            return
        vote = InboundVote(
            chat=self._where(interaction),
            message_id=str(message.id),
            voter=parse.author(interaction.user),
            verdict=verdict,
            voted_at=interaction.created_at,
        )
        language = interaction.locale.value

        async def count() -> None:
            if await self._hand(vote) is Receipt.DONE and verdict is Verdict.GOOD:
                await interaction.followup.send(say(language, "discord-vote-good"), ephemeral=True)

        if verdict is Verdict.GOOD:
            await interaction.response.defer()
            self._lines.put(interaction.channel_id, count)
        else:
            self._lines.put(
                interaction.channel_id, count
            )  # the form must be the first response, and nothing precedes it
            form = render.correction_form(message_id=str(message.id), language=language)
            await interaction.response.send_modal(form)

    async def submitted(self, interaction: discord.Interaction) -> None:
        """The form that a 👎 opened, filled in."""
        data: Any = interaction.data or {}
        form = str(data.get("custom_id", ""))
        text = _field(data.get("components", []), render.CORRECTION_TEXT)
        if not form.startswith(render.CORRECTION) or not text:
            return
        correction = InboundCorrection(
            chat=self._where(interaction),
            message_id=form.removeprefix(render.CORRECTION),
            author=parse.author(interaction.user),
            text=text,
            sent_at=interaction.created_at,
        )

        async def keep() -> None:
            await self._hand(correction)

        self._lines.put(interaction.channel_id, keep)
        thanks = say(interaction.locale.value, "discord-correction-thanks")
        await interaction.response.send_message(thanks, ephemeral=True)

    def _where(self, interaction: discord.Interaction) -> Chat:
        unknown = self._client.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
        return parse.chat(interaction.channel or unknown)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


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


def _field(components: Any, custom_id: str) -> str:
    """The text typed into one field of a form, wherever the form's layout has put it."""
    for component in components:
        if component.get("custom_id") == custom_id:
            return str(component.get("value") or "").strip()
        inner = [component["component"]] if "component" in component else component.get("components", [])
        if found := _field(inner, custom_id):
            return found
    return ""
