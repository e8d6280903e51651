"""How what Martín says gets to Discord: once, in order, and in the right ears only.

Decides when a message may leave and what an error calls for; `wire` knows how one is sent.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import discord
import structlog

from adapters.discord import faults
from adapters.discord.flood import Flood
from adapters.discord.recent import Recent
from adapters.discord.room import Act, Room
from adapters.discord.wire import Wire, target
from bot.errors import ChannelGone
from bot.messages import OutboundMessage

TYPING_EVERY = 8.0  # seconds; Discord shows it for 10
TYPINGS = 10  # chats that may begin to show it in one second: in a crowd, words matter more
PREVIEW_WAITS = 2.0  # seconds that an edit may hold up the next piece of the answer
FULL = 0.25  # seconds of backlog at which previews are dropped
FINAL = 4000  # final messages that are remembered

Key: TypeAlias = tuple[str, str | None]

log = structlog.get_logger()


class Outbox:
    """`online` gives the connected client, waiting for it if need be."""

    def __init__(self, *, online: Callable[[], Awaitable[discord.Client]], flood: Flood, wire: Wire) -> None:
        self._online = online
        self._flood = flood
        self._wire = wire
        self._room = Room()
        self._opening: dict[Key, asyncio.Task[str]] = {}  # first previews whose id nobody was told yet
        self._growing: dict[str, asyncio.Task[None]] = {}  # edits on their way, by message id
        self._final: Recent[str, None] = Recent(FINAL)  # messages that have their final text
        self._typed: OrderedDict[int, float] = OrderedDict()
        self._typing: set[asyncio.Task[None]] = set()

    # For good ------------------------------------------------------------------------------------

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        """See `Channel.deliver`."""
        if replacing is None:
            replacing = await self._adopt(message)
        if replacing is not None:
            await self._settle(replacing)
        plain, tries = False, 0
        while True:
            client = await self._online()
            try:
                if replacing is None:
                    sent = await self._wire.send(client, message, nonce=nonce, plain=plain)
                    self._close(sent)
                    return sent
                await self._wire.edit(client, message, replacing, final=True, plain=plain)
                return replacing
            except (discord.HTTPException, RuntimeError, *faults.TRANSIENT) as error:
                if isinstance(error, RuntimeError) and not client.is_closed():
                    raise
                wait = faults.passing(error, tries=tries)
                if wait is not None:
                    log.info("discord.waits", chat=message.chat.key, seconds=wait, error=type(error).__name__)
                    await asyncio.sleep(wait)
                    tries += 1
                elif faults.missing(error):
                    # Gone under our hands. A nonce whose message was deleted is refused as well: take another.
                    replacing, nonce = None, f"{nonce}+{secrets.token_hex(4)}"
                elif faults.hopeless(error) or plain:
                    raise _refused(error) from error
                else:
                    plain = True

    async def _adopt(self, message: OutboundMessage) -> str | None:
        """The message that a preview opened without anybody having been told: the caller was stopped meanwhile."""
        opening = self._opening.pop((message.chat.key, message.reply_to), None)
        if opening is None:
            return None
        await asyncio.wait({opening})
        return None if opening.cancelled() or opening.exception() else opening.result()

    async def _settle(self, message_id: str) -> None:
        """From here on no preview touches the message, and the one on its way has arrived."""
        self._close(message_id)
        if growing := self._growing.get(message_id):
            await asyncio.wait({growing})

    def _close(self, message_id: str) -> None:
        self._final.put(message_id, None)

    # While it grows ------------------------------------------------------------------------------

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        """See `Channel.preview`."""
        if not message.text:
            self._show_typing(message)
            return None
        message = replace(message, votable=False, choices=(), files=())  # those come with the final text
        return await (self._open(message) if replacing is None else self._grow(message, replacing))

    async def _open(self, message: OutboundMessage) -> str | None:
        key = (message.chat.key, message.reply_to)
        opening = self._opening.get(key)
        if opening is None:
            if not self._has_room(message, Act.POST):
                return None
            opening = self._opening[key] = asyncio.create_task(self._first(message))
            opening.add_done_callback(_seen)
        try:
            # The message must not be lost with the caller: its id is what the final text is written into.
            opened = await asyncio.shield(opening)
        except (discord.HTTPException, RuntimeError, *faults.TRANSIENT) as error:
            self._opening.pop(key, None)
            if faults.hopeless(error):
                raise _refused(error) from error
            return None
        self._opening.pop(key, None)
        return opened

    async def _first(self, message: OutboundMessage) -> str:
        client = await self._online()
        nonce = secrets.token_hex(12)
        try:
            return await self._wire.send(client, message, nonce=nonce, plain=False)
        except faults.TRANSIENT:
            # It may stand there already: with the same nonce, Discord tells its id and makes no second one.
            return await self._wire.send(client, message, nonce=nonce, plain=False)

    async def _grow(self, message: OutboundMessage, replacing: str) -> str | None:
        if replacing in self._final or replacing in self._growing or not self._has_room(message, Act.EDIT):
            return replacing
        client = await self._online()
        growing = self._growing[replacing] = asyncio.create_task(
            self._wire.edit(client, message, replacing, final=False, plain=False)
        )
        growing.add_done_callback(_seen)
        growing.add_done_callback(lambda _: self._growing.pop(replacing, None))
        await asyncio.wait({growing}, timeout=PREVIEW_WAITS)
        error = growing.exception() if growing.done() and not growing.cancelled() else None
        if error is None:
            return replacing
        if faults.missing(error):
            return None
        if faults.hopeless(error):
            raise _refused(error) from error
        return replacing

    def _has_room(self, message: OutboundMessage, act: Act) -> bool:
        now = asyncio.get_running_loop().time()
        if self._flood.backlog() > FULL or not self._room.left(target(message), act, now=now):
            return False
        self._room.take(target(message), act, now=now)
        return True

    def _show_typing(self, message: OutboundMessage) -> None:
        now = asyncio.get_running_loop().time()
        channel = target(message)
        if self._wire.is_thinking(message):
            return  # Discord says "thinking…" already
        while self._typed and now - next(iter(self._typed.values())) >= TYPING_EVERY:
            self._typed.popitem(last=False)
        begun = sum(now - at < 1.0 for at in self._typed.values())
        if channel in self._typed or begun >= TYPINGS or self._flood.backlog() > 0:
            return
        self._typed[channel] = now
        typing = asyncio.create_task(self._type(channel))
        self._typing.add(typing)
        typing.add_done_callback(self._typing.discard)

    async def _type(self, channel: int) -> None:
        client = await self._online()
        try:
            await client.get_partial_messageable(channel).typing()
        except (discord.HTTPException, RuntimeError, *faults.TRANSIENT) as error:
            log.debug("discord.typing_failed", channel=channel, error=type(error).__name__)


def _seen(task: asyncio.Task[str] | asyncio.Task[None]) -> None:
    """Look at a task's error, so that asyncio does not report it as forgotten."""
    if not task.cancelled():
        task.exception()


def _refused(error: BaseException) -> ChannelGone:
    return faults.refused(error) if isinstance(error, discord.HTTPException) else ChannelGone(str(error))
