"""How what Martín says gets to Discord: once, in order, and in the right ears only.

Knows discord.py's ways of sending; knows neither the gateway nor where the messages come from.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

import discord
import structlog

from adapters.discord import faults, render
from adapters.discord.asked import Asked, Pending
from adapters.discord.flood import Flood
from adapters.discord.room import Act, Room
from adapters.discord.seen import Seen
from bot.errors import ChannelGone
from bot.messages import OutboundMessage

TYPING_EVERY = 8.0  # seconds; Discord shows it for 10
TYPINGS = 10  # chats that may begin to show it in one second: in a crowd, words matter more
PREVIEW_WAITS = 2.0  # seconds that an edit may hold up the next piece of the answer
FULL = 0.25  # seconds of backlog at which previews are dropped
NONCE = 25  # characters, Discord's limit
KEPT = 4000  # of the ids below

T = TypeVar("T")
Key: TypeAlias = tuple[str, str | None]

log = structlog.get_logger()


def target(message: OutboundMessage) -> int:
    """The Discord channel or thread a message goes to."""
    return int(message.chat.thread_id or message.chat.id)


class Outbox:
    """`online` gives the connected client, waiting for it if need be."""

    def __init__(
        self, *, online: Callable[[], Awaitable[discord.Client]], flood: Flood, asked: Asked, askers: "Askers"
    ) -> None:
        self._online = online
        self._flood = flood
        self._asked = asked
        self._askers = askers
        self._room = Room()
        self._opening: dict[Key, asyncio.Task[str]] = {}  # first previews whose id nobody was told yet
        self._growing: dict[str, asyncio.Task[None]] = {}  # edits on their way, by message id
        self._final: OrderedDict[str, None] = OrderedDict()  # messages that have their final text
        self._homes: OrderedDict[str, int] = OrderedDict()  # where a message stands, if not in its chat
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
                    sent = await self._send(client, message, nonce=_short(nonce), plain=plain)
                    self._close(sent)
                    return sent
                await self._edit(client, message, replacing, final=True, plain=plain)
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
        _keep(self._final, message_id, None)

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
            return await self._send(client, message, nonce=nonce, plain=False)
        except faults.TRANSIENT:
            # It may stand there already: with the same nonce, Discord tells its id and makes no second one.
            return await self._send(client, message, nonce=nonce, plain=False)

    async def _grow(self, message: OutboundMessage, replacing: str) -> str | None:
        if replacing in self._final or replacing in self._growing or not self._has_room(message, Act.EDIT):
            return replacing
        client = await self._online()
        growing = self._growing[replacing] = asyncio.create_task(
            self._edit(client, message, replacing, final=False, plain=False)
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
        if self._asked.pending(message.reply_to) is not None:
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

    # The wire ------------------------------------------------------------------------------------

    async def _send(self, client: discord.Client, message: OutboundMessage, *, nonce: str, plain: bool) -> str:
        """`plain`: without what Discord might have refused: the reference, the buttons."""
        pending = self._asked.pending(message.reply_to)
        if pending is not None:
            try:
                return await self._answer(pending, message, plain=plain)
            except discord.HTTPException as error:
                if not faults.expired(error):
                    raise
                self._asked.discard(message.reply_to)
        asker = self._askers.asker(message.reply_to)
        channel = target(message)
        if message.private and not message.chat.is_direct:
            channel = await self._alone_with(client, asker)
        content = self._content(message)
        mentions = discord.AllowedMentions.none()
        was_asked = self._askers.was_command(message.reply_to)
        if asker is not None and was_asked and not message.chat.is_direct and not message.private:
            named = f"<@{asker}> {content}"
            if len(named) <= render.LIMIT:
                content, mentions = named, discord.AllowedMentions(users=[discord.Object(asker)])
        more: dict[str, Any] = {}
        if message.reply_to and not was_asked and not plain and channel == target(message):
            more["reference"] = discord.MessageReference(
                message_id=int(message.reply_to), channel_id=channel, fail_if_not_exists=False
            )
        if message.files:
            more["files"] = render.files(message.files)
        if not plain and (view := render.buttons(message)):
            more["view"] = view
        there = client.get_partial_messageable(channel)
        sent = await there.send(content, nonce=nonce, allowed_mentions=mentions, mention_author=False, **more)
        if channel != target(message):
            _keep(self._homes, str(sent.id), channel)
        return str(sent.id)

    async def _answer(self, pending: Pending, message: OutboundMessage, *, plain: bool) -> str:
        message_id = await pending.say(
            self._content(message),
            view=None if plain else render.buttons(message),
            files=render.files(message.files),
            private=message.private and not message.chat.is_direct,
        )
        # What one person alone sees can be changed in no other way, and this way needs no permission in the channel.
        self._asked.sent(message_id, pending)
        return message_id

    async def _edit(
        self, client: discord.Client, message: OutboundMessage, message_id: str, *, final: bool, plain: bool
    ) -> None:
        content, files = self._content(message), render.files(message.files)
        view = None if plain else render.buttons(message)
        through = self._asked.sender(message_id)
        if through is not None:
            try:
                await through.change(message_id, content, view=view, files=files)
            except discord.HTTPException as error:
                if not faults.expired(error):
                    raise
                self._asked.unsend(message_id)
            else:
                return
        channel = self._homes.get(message_id, target(message))
        partial = client.get_partial_messageable(channel).get_partial_message(int(message_id))
        await partial.edit(
            content=content,
            attachments=files or discord.utils.MISSING,
            view=view if final else discord.utils.MISSING,  # the final text has these buttons and no others
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _alone_with(self, client: discord.Client, asker: int | None) -> int:
        if asker is None:
            raise ChannelGone("Nobody is known to whom this private answer goes.", hint="Ask again.")
        return (await client.create_dm(discord.Object(asker))).id

    @staticmethod
    def _content(message: OutboundMessage) -> str:
        text = render.text(message.text)
        return text if text.strip() or message.files else "…"  # Discord refuses empty messages


class Askers:
    """Who said what: for answers that must name, or reach alone, whoever asked."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._said: OrderedDict[str, int] = OrderedDict()

    def said(self, message_id: str, user_id: str) -> None:
        _keep(self._said, message_id, int(user_id))

    def asker(self, message_id: str | None) -> int | None:
        if message_id is None:
            return None
        return self._seen.asker(int(message_id)) or self._said.get(message_id)

    def was_command(self, message_id: str | None) -> bool:
        """Whether it was an interaction: those are no messages that one can reply to."""
        return message_id is not None and self._seen.asker(int(message_id)) is not None


def _keep(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    while len(kept) > KEPT:
        kept.popitem(last=False)


def _short(nonce: str) -> str:
    return nonce if len(nonce) <= NONCE else hashlib.sha256(nonce.encode()).hexdigest()[:NONCE]


def _seen(task: asyncio.Task[str] | asyncio.Task[None]) -> None:
    """Look at a task's error, so that asyncio does not report it as forgotten."""
    if not task.cancelled():
        task.exception()


def _refused(error: BaseException) -> ChannelGone:
    return faults.refused(error) if isinstance(error, discord.HTTPException) else ChannelGone(str(error))
