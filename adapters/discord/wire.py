"""One message to Discord, whichever way it has to take: the channel, an interaction's token, a direct chat.

Tries once and lets discord.py's errors through; `outbox` decides what each of them calls for.
"""

import hashlib
from typing import Any

import discord

from adapters.discord import faults, render
from adapters.discord.asked import Asked, Askers, Pending
from adapters.discord.recent import Recent
from bot.errors import ChannelGone
from bot.messages import OutboundMessage

NONCE = 25  # characters, Discord's limit
HOMES = 4000  # messages that stand elsewhere than in their chat


def target(message: OutboundMessage) -> int:
    """The Discord channel or thread a message goes to."""
    return int(message.chat.thread_id or message.chat.id)


class Wire:
    def __init__(self, *, asked: Asked, askers: Askers) -> None:
        self._asked = asked
        self._askers = askers
        self._homes: Recent[str, int] = Recent(HOMES)

    def is_thinking(self, message: OutboundMessage) -> bool:
        """Whether Discord itself says "thinking…" where this answers."""
        return self._asked.pending(message.reply_to) is not None

    async def send(self, client: discord.Client, message: OutboundMessage, *, nonce: str, plain: bool) -> str:
        """Send it and return its id. `plain`: without what Discord might have refused: the reference, the buttons.

        Discord makes one message of all that are sent with the same nonce within some minutes.

        Raises:
            ChannelGone: it is private, and nobody knows for whom.
        """
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
        sent = await there.send(content, nonce=_short(nonce), allowed_mentions=mentions, mention_author=False, **more)
        if channel != target(message):
            self._homes.put(str(sent.id), channel)
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

    async def edit(
        self, client: discord.Client, message: OutboundMessage, message_id: str, *, final: bool, plain: bool
    ) -> None:
        """Change the message `message_id` to read so. Not `final`: its buttons stay as they are."""
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
        channel = self._homes.get(message_id) or target(message)
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


def _short(nonce: str) -> str:
    return nonce if len(nonce) <= NONCE else hashlib.sha256(nonce.encode()).hexdigest()[:NONCE]
