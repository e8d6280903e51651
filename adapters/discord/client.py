"""Discord as a `Channel`: one connection that comes back by itself, and what is sent through it.

Everything that can be decided without a connection is decided in the neighbours. Never logs the token.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import aiohttp
import discord
import structlog

from adapters.discord import endpoints, faults, parse, render
from adapters.discord.asked import Asked, Askers
from adapters.discord.commands import CommandSpec
from adapters.discord.connection import Connection
from adapters.discord.flood import Flood
from adapters.discord.intake import Intake
from adapters.discord.interactions import Interactions
from adapters.discord.lines import Lines
from adapters.discord.outbox import Outbox
from adapters.discord.seen import Load, Save, Seen
from adapters.discord.wire import Wire
from bot.channel import Handler
from bot.errors import AttachmentRefused
from bot.messages import Attachment, Capabilities, Chat, OutboundMessage

CAPABILITIES = Capabilities(
    message_limit=render.LIMIT,
    utf16=False,
    previews=True,
    preview_interval=timedelta(seconds=1.25),  # 5 edits in 5 seconds, less one for the final text
    group_preview_interval=timedelta(seconds=1.25),
    merges=True,
    votes=True,
    private_replies=True,
    forms=True,
)
DOWN_TOO_LONG = 60.0  # seconds; discord.py's own pauses grow to a quarter of an hour
LONGEST_PAUSE = 30.0  # seconds between two connections
FETCH_SECONDS = 60
ADMIN_LASTS = 60.0  # seconds that a member's permissions are believed

log = structlog.get_logger()


class DiscordChannel:
    """Implements `bot.channel.Channel`.

    `load_seen` and `save_seen` keep one small text across restarts. `api_base_url` and `gateway_url` hold for the whole
    process: see `endpoints`. `language` is spoken where Discord does not tell whose turn it is to read.
    """

    def __init__(
        self,
        *,
        token: str,
        clock: Callable[[], datetime],
        load_seen: Load,
        save_seen: Save,
        commands: Sequence[CommandSpec] = (),
        api_base_url: str = endpoints.API,
        gateway_url: str = endpoints.GATEWAY,
        language: str = "es",
    ) -> None:
        self._token = token
        self._clock = clock
        self._load_seen = load_seen
        self._save_seen = save_seen
        self._commands = commands
        self._api_base_url = api_base_url
        self._gateway_url = gateway_url
        self._language = language
        self._flood = Flood(paced=api_base_url == endpoints.API)
        self._asked = Asked()
        self._client: Connection | None = None
        self._connected = asyncio.Event()
        self._outbox: Outbox | None = None
        self._running = asyncio.Event()
        self._admins: dict[tuple[str, str], tuple[bool, float]] = {}

    @property
    def platform(self) -> str:
        return parse.PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    # Receiving -----------------------------------------------------------------------------------

    async def run(self, handle: Handler) -> None:
        """See `Channel.run`."""
        endpoints.point_at(api_base_url=self._api_base_url, gateway_url=self._gateway_url)
        seen = await Seen.read(load=self._load_seen, save=self._save_seen)
        askers, lines = self.prepare(seen), Lines()
        pause = 0.5
        try:
            while True:
                connection = self.connection(handle, seen=seen, askers=askers, lines=lines)
                try:
                    await self._stay(connection)
                except Exception as error:  # noqa: BLE001 - a loop's edge: whatever is not final is tried again
                    if (final := faults.fatal(error)) is not None:
                        raise final from None  # discord.py's own error may hold the token's request
                    log.warning("discord.lost", error=type(error).__name__, again_in=pause)
                finally:
                    self._lose(connection)
                    await connection.interactions.close()
                await asyncio.sleep(pause)
                pause = 0.5 if connection.was_up else min(LONGEST_PAUSE, pause * 2)
        finally:
            await lines.close()
            await seen.close()

    def prepare(self, seen: Seen) -> Askers:
        """Make everything that outlives a connection. Sending begins when one is there."""
        askers = Askers(seen)
        self._outbox = Outbox(online=self._online, flood=self._flood, wire=Wire(asked=self._asked, askers=askers))
        self._running.set()
        return askers

    def connection(self, handle: Handler, *, seen: Seen, askers: Askers, lines: Lines) -> Connection:
        """A client, ready to be started, whose events go to `handle`, in `lines`."""
        connection = Connection(specs=self._commands, seen=seen, flood=self._flood, ready=self._found)
        connection.intake = Intake(
            connection, handle=handle, lines=lines, seen=seen, askers=askers, clock=self._clock, language=self._language
        )
        connection.interactions = Interactions(
            connection, hand=connection.intake.hand, lines=lines, seen=seen, asked=self._asked
        )
        return connection

    async def _stay(self, connection: Connection) -> None:
        """Stay connected until the connection is beyond discord.py's own mending."""
        loop = asyncio.get_running_loop()
        async with connection:
            running = asyncio.create_task(connection.start(self._token))
            try:
                while not (await asyncio.wait({running}, timeout=5.0))[0]:
                    if connection.down_for(loop.time()) > DOWN_TOO_LONG:
                        log.warning("discord.gave_up_resuming")
                        return
                await running
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    def _found(self, connection: Connection) -> None:
        self._client = connection
        self._connected.set()

    def _lose(self, connection: Connection) -> None:
        if self._client is connection:
            self._client = None
            self._connected.clear()

    async def _online(self) -> discord.Client:
        while self._client is None:
            await self._connected.wait()
        return self._client

    async def _sending(self) -> Outbox:
        while self._outbox is None:
            await self._running.wait()
        return self._outbox

    # Sending -------------------------------------------------------------------------------------

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        """See `Channel.deliver`."""
        return await (await self._sending()).deliver(message, replacing=replacing, nonce=nonce)

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        """See `Channel.preview`."""
        return await (await self._sending()).preview(message, replacing=replacing)

    # Asking --------------------------------------------------------------------------------------

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """See `Channel.fetch`. Discord's links to files last for a day."""
        if attachment.size > limit:
            raise AttachmentRefused(f"{attachment.size} bytes are more than {limit}.")
        content = bytearray()
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(attachment.ref) as response:
                if response.status != 200:
                    raise AttachmentRefused(f"Discord answers {response.status} for the file.", hint="Send it again.")
                async for chunk in response.content.iter_chunked(65536):
                    content += chunk
                    if len(content) > limit:
                        raise AttachmentRefused(f"The file has more than {limit} bytes.")
        except (ValueError, *faults.TRANSIENT) as error:
            raise AttachmentRefused("The file could not be downloaded.", hint="Send it again.") from error
        return bytes(content)

    async def administers(self, chat: Chat, user_id: str) -> bool:
        """See `Channel.administers`: whoever may manage the server."""
        if not chat.server_id:
            return False
        now = asyncio.get_running_loop().time()
        known = self._admins.get((chat.server_id, user_id))
        if known and now < known[1]:
            return known[0]
        client = await self._online()
        guild = client.get_guild(int(chat.server_id))
        try:
            permissions = (await guild.fetch_member(int(user_id))).guild_permissions if guild else None
        except (discord.HTTPException, RuntimeError, *faults.TRANSIENT):
            return False
        may = permissions is not None and (permissions.administrator or permissions.manage_guild)
        self._admins = {who: told for who, told in self._admins.items() if now < told[1]}
        self._admins[chat.server_id, user_id] = (may, now + ADMIN_LASTS)
        return may
