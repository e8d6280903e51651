"""Commands, buttons and forms: acknowledged at once, then handed to the core.

Discord waits for 3 seconds only, and a model may take minutes. What cannot be acknowledged is handed on all the same:
its answer goes out as a plain message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import discord
import structlog

from adapters.discord import faults, parse, render
from adapters.discord.asked import Asked, Pending
from adapters.discord.commands import CommandSpec
from adapters.discord.lines import Lines
from adapters.discord.seen import Seen
from bot.i18n import say
from bot.messages import (
    Addressing,
    Chat,
    Inbound,
    InboundCorrection,
    InboundMessage,
    InboundVote,
    Receipt,
    Verdict,
)

UNANSWERED = 10.0  # seconds that "thinking…" stays where the core had nothing to answer
ALREADY_ACKNOWLEDGED = 40060

log = structlog.get_logger()


class Interactions:
    """`hand` gives something to the core, and None if the core failed for good."""

    def __init__(
        self,
        client: discord.Client,
        *,
        hand: Callable[[Inbound], Awaitable[Receipt | None]],
        lines: Lines,
        seen: Seen,
        asked: Asked,
    ) -> None:
        self._client = client
        self._hand = hand
        self._lines = lines
        self._seen = seen
        self._asked = asked
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def commanded(self, interaction: discord.Interaction, spec: CommandSpec, text: str) -> None:
        """Somebody gave one of the commands."""
        private = spec.private and interaction.guild is not None
        self._command(interaction, f"/{spec.name} {text}".strip(), ephemeral=private)

    def pressed(self, interaction: discord.Interaction) -> None:
        """A button under one of Martín's messages, whenever that was sent."""
        data: Any = interaction.data or {}
        pressed = str(data.get("custom_id", ""))
        if pressed == render.VOTE_GOOD:
            self._voted(interaction, Verdict.GOOD)
        elif pressed == render.VOTE_BAD:
            self._voted(interaction, Verdict.BAD)
        elif pressed.startswith(render.FORM):
            self._open_form(interaction, pressed.removeprefix(render.FORM))
        elif pressed.startswith(render.CHOICE):
            alone = interaction.message is not None and interaction.message.flags.ephemeral
            self._command(interaction, pressed.removeprefix(render.CHOICE), ephemeral=alone)

    def submitted(self, interaction: discord.Interaction) -> None:
        """The form that a 👎 opened, filled in."""
        data: Any = interaction.data or {}
        form = str(data.get("custom_id", ""))
        text = _field(data.get("components", []), render.CORRECTION_TEXT)
        if not form.startswith(render.CORRECTION) or not text:
            return
        thanks = say(interaction.locale.value, "discord-correction-thanks")
        self._acknowledge(interaction, interaction.response.send_message(thanks, ephemeral=True))
        correction = InboundCorrection(
            chat=self._where(interaction),
            message_id=form.removeprefix(render.CORRECTION),
            author=parse.author(interaction.user),
            text=text,
            sent_at=interaction.created_at,
            roles=parse.roles(interaction.user),
        )

        async def keep() -> None:
            await self._hand(correction)

        self._lines.put(interaction.channel_id, keep)

    def _command(self, interaction: discord.Interaction, text: str, *, ephemeral: bool) -> None:
        self._seen.asked(interaction.id, interaction.user.id)
        pending = self._asked.add(interaction, ephemeral=ephemeral)
        acknowledged = self._acknowledge(interaction, interaction.response.defer(thinking=True, ephemeral=ephemeral))
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
                self._spawn(_tidy(pending))

        self._lines.put(interaction.channel_id, obey)

    def _voted(self, interaction: discord.Interaction, verdict: Verdict) -> None:
        message = interaction.message
        if message is None:
            return
        language = interaction.locale.value
        if verdict is Verdict.GOOD:
            acknowledged = self._acknowledge(interaction, interaction.response.defer())
        else:  # a form can only be the first response: the vote is counted meanwhile
            acknowledged = self._open_form(interaction, str(message.id))
        vote = InboundVote(
            chat=self._where(interaction),
            message_id=str(message.id),
            voter=parse.author(interaction.user),
            verdict=verdict,
            voted_at=interaction.created_at,
            roles=parse.roles(interaction.user),
        )

        async def count() -> None:
            if await self._hand(vote) is Receipt.DONE and verdict is Verdict.GOOD:
                await asyncio.wait({acknowledged})
                if interaction.response.is_done():
                    await interaction.followup.send(say(language, "discord-vote-good"), ephemeral=True)

        self._lines.put(interaction.channel_id, count)

    def _open_form(self, interaction: discord.Interaction, message_id: str) -> asyncio.Task[None]:
        form = render.correction_form(message_id=message_id, language=interaction.locale.value)
        return self._acknowledge(interaction, interaction.response.send_modal(form))

    def _acknowledge(
        self, interaction: discord.Interaction, response: Coroutine[Any, Any, object]
    ) -> asyncio.Task[None]:
        async def respond() -> None:
            try:
                await response
            except discord.HTTPException as error:
                if error.code == ALREADY_ACKNOWLEDGED:
                    return  # an earlier try arrived after all
                log.warning("discord.not_acknowledged", interaction=interaction.id, code=error.code)
                self._asked.discard(interaction.id)
            except faults.TRANSIENT as error:
                log.warning("discord.not_acknowledged", interaction=interaction.id, error=type(error).__name__)
                self._asked.discard(interaction.id)

        return self._spawn(respond())

    def _where(self, interaction: discord.Interaction) -> Chat:
        unknown = self._client.get_partial_messageable(interaction.channel_id or 0, guild_id=interaction.guild_id)
        return parse.chat(interaction.channel or unknown)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _tidy(pending: Pending) -> None:
    """Nothing was to be answered, or it was answered elsewhere: "thinking…" must not stay for good."""
    await asyncio.sleep(UNANSWERED)
    try:
        await pending.clear()
    except (discord.HTTPException, *faults.TRANSIENT) as error:
        log.debug("discord.not_tidied", error=type(error).__name__)


def _field(components: Any, custom_id: str) -> str:
    """The text typed into one field of a form, wherever the form's layout has put it."""
    for component in components:
        if component.get("custom_id") == custom_id:
            return str(component.get("value") or "").strip()
        inner = [component["component"]] if "component" in component else component.get("components", [])
        if found := _field(inner, custom_id):
            return found
    return ""
