"""discord.py's client as Martín uses it: nothing cached, nothing guessed, every event handed on.

Knows the gateway's life; what events mean is `intake`'s and `interactions`' business.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import discord
import structlog

from adapters.discord import commands
from adapters.discord.commands import CommandSpec
from adapters.discord.flood import Flood
from adapters.discord.intake import Intake
from adapters.discord.interactions import Interactions
from adapters.discord.seen import Seen

IDENTIFY_EVERY = 5.0  # seconds between two new sessions

log = structlog.get_logger()


def intents() -> discord.Intents:
    """What Martín listens to, and nothing else. Only the text of messages is privileged."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        message_content=True,
        guild_reactions=True,
        dm_reactions=True,
    )


def _guarded(event: str, parser: Callable[[Any], None]) -> Callable[[Any], None]:
    # One event that discord.py cannot read would end the whole session, and lose what comes right after it.
    def parse_or_skip(data: Any) -> None:
        try:
            parser(data)
        except Exception as error:  # noqa: BLE001 - an edge: anything may be wrong in what comes over the wire
            log.warning("discord.unreadable_event", event_name=event, error=type(error).__name__)

    return parse_or_skip


class Connection(discord.Client):
    """discord.py's client without caches of messages and members; events go to the intake.

    `ready` is called once requests can be made.
    """

    def __init__(
        self, *, specs: Sequence[CommandSpec], seen: Seen, flood: Flood, ready: Callable[["Connection"], None]
    ) -> None:
        super().__init__(
            intents=intents(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=flood.trace(),
        )
        parsers = self._connection.parsers
        parsers.update({event: _guarded(event, parser) for event, parser in parsers.items()})
        self._specs = specs
        self._seen = seen
        self._ready_to_send = ready
        self._down_since: float | None = None
        self._identified: float | None = None
        self.was_up = False
        self.intake: Intake  # these two are set before the connection starts
        self.interactions: Interactions

    async def setup_hook(self) -> None:
        tree = await commands.plant(self, self._specs, self.interactions.commanded)
        self._ready_to_send(self)
        digest = commands.digest(self._specs, application=self.application_id or 0)
        if digest == self._seen.commands:
            return
        try:
            await tree.sync()
        except discord.HTTPException as error:
            log.warning("discord.commands_refused", status=error.status, code=error.code)
        else:
            self._seen.told(digest)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        # discord.py always waits for 5 seconds before a second session; Discord only wants them 5 seconds apart.
        now = asyncio.get_running_loop().time()
        if self._identified is not None and (wait := self._identified + IDENTIFY_EVERY - now) > 0:
            await asyncio.sleep(wait)
        self._identified = asyncio.get_running_loop().time()

    def down_for(self, now: float) -> float:
        """Seconds since the gateway was lost; 0 while it is there."""
        return 0.0 if self._down_since is None else now - self._down_since

    async def on_connect(self) -> None:
        self._down_since, self.was_up = None, True
        log.info("discord.connected", bot=self.user.id if self.user else 0)
        self.intake.catch_up()

    async def on_resumed(self) -> None:
        self._down_since = None

    async def on_disconnect(self) -> None:
        if self._down_since is None:
            self._down_since = asyncio.get_running_loop().time()

    async def on_message(self, message: discord.Message) -> None:
        self.intake.said(message)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.intake.reacted(payload, added=True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        self.intake.reacted(payload, added=False)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            self.interactions.pressed(interaction)
        elif interaction.type is discord.InteractionType.modal_submit:
            self.interactions.submitted(interaction)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        log.exception("discord.event_failed", event_name=event_method)
