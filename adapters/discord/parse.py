"""Discord's messages, reactions and places as Martín's. Pure: reads what discord.py has parsed, asks nothing.

Knows no connection. An unknown place is read as the narrowest one: a private thread of its own.
"""

import re
from datetime import datetime
from typing import Any, TypeAlias

import discord

from bot.messages import (
    Addressing,
    Attachment,
    AttachmentKind,
    Chat,
    ChatKind,
    InboundMessage,
    InboundVote,
    Quoted,
    Verdict,
)
from memory.records import Account, Author

PLATFORM = "discord"

Person: TypeAlias = discord.User | discord.Member | discord.ClientUser
Bot: TypeAlias = discord.Client

_SAID = frozenset({discord.MessageType.default, discord.MessageType.reply})  # all others are notices: joins, pins, …
_EMOJI = re.compile(r"<a?(:\w{1,32}:)\d{15,25}>")
_MENTION = re.compile(r"<@!?(\d{1,20})>")
_COMMAND = re.compile(r"/[a-z]{1,32}(?:\s|$)")
_TEXT_SUFFIX = re.compile(
    r"\.(?:txt|md|rst|csv|tsv|jsonl?|ya?ml|toml|ini|cfg|xml|html|css|js|ts|py|rs|go|c|h|cpp|java|sh|sql|log|tex|diff|patch)$"
)
_TEXT_MIMES = frozenset({"application/json", "application/xml", "application/toml", "application/x-yaml"})
_IMAGE_MIMES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
_THUMBS = {"👍": Verdict.GOOD, "👎": Verdict.BAD}
_SKIN_TONES = str.maketrans("", "", "🏻🏼🏽🏾🏿\ufe0f")


def author(person: Person, *, webhook: bool = False) -> Author:
    return Author(
        account=Account(platform=PLATFORM, user_id=str(person.id)),
        name=person.display_name,
        is_bot=person.bot or webhook,
    )


def chat(channel: Any) -> Chat:
    """The conversation that `channel` (any of discord.py's kinds) is."""
    match channel:
        case discord.DMChannel():
            return Chat(platform=PLATFORM, id=str(channel.id), kind=ChatKind.DIRECT)
        case discord.PartialMessageable() if channel.type is discord.ChannelType.private:
            return Chat(platform=PLATFORM, id=str(channel.id), kind=ChatKind.DIRECT)
        case discord.Thread() if not channel.is_private() and channel.parent_id:
            return Chat(
                platform=PLATFORM,
                id=str(channel.parent_id),
                kind=ChatKind.GROUP,
                thread_id=str(channel.id),
                title=channel.name,
                server_id=str(channel.guild.id),
            )
        case discord.abc.GuildChannel():
            return Chat(
                platform=PLATFORM,
                id=str(channel.id),
                kind=ChatKind.GROUP,
                title=channel.name,
                server_id=str(channel.guild.id),
            )
    guild = getattr(channel, "guild", None)
    return Chat(
        platform=PLATFORM,
        id=str(channel.id),
        kind=ChatKind.PRIVATE_THREAD,
        title=getattr(channel, "name", None) or "",
        server_id=str(guild.id) if guild else "",
    )


def message(said: discord.Message, *, bot: Bot) -> InboundMessage | None:
    """What somebody said; None for Martín's own words and for notices that nobody said."""
    me = bot.user
    if me is None or said.author.id == me.id or said.type not in _SAID:
        return None
    where = chat(said.channel)
    quoted = _quoted(said, me_id=me.id)
    text = _readable(said, me_id=me.id)
    return InboundMessage(
        chat=where,
        message_id=str(said.id),
        author=author(said.author, webhook=said.webhook_id is not None),
        text=text,
        sent_at=said.created_at,
        addressing=_addressing(said, where, text, quoted, me_id=me.id),
        reply_to=quoted,
        attachments=_attachments(said),
        roles=roles(said.author),
    )


def roles(person: Person) -> tuple[str, ...]:
    """Ids of a member's roles, without the one everybody has; empty for whoever is no member here."""
    if not isinstance(person, discord.Member):
        return ()
    return tuple(str(role.id) for role in person.roles if not role.is_default())


def reaction(payload: discord.RawReactionActionEvent, *, where: Chat, added: bool, now: datetime) -> InboundVote | None:
    """The vote that a 👍 or 👎 of any skin tone is; None for every other emoji."""
    verdict = thumb(payload)
    if verdict is None:
        return None
    name = payload.member.display_name if payload.member else ""
    is_bot = bool(payload.member and payload.member.bot)
    return InboundVote(
        chat=where,
        message_id=str(payload.message_id),
        voter=Author(account=Account(platform=PLATFORM, user_id=str(payload.user_id)), name=name, is_bot=is_bot),
        verdict=verdict if added else Verdict.NONE,
        voted_at=now,
        roles=roles(payload.member) if payload.member else (),
    )


def thumb(payload: discord.RawReactionActionEvent) -> Verdict | None:
    return _THUMBS.get((payload.emoji.name or "").translate(_SKIN_TONES))


def attachment_kind(*, mime: str, name: str, voice: bool) -> AttachmentKind:
    """What can be done with a file, from what Discord says of it."""
    mime = mime.partition(";")[0].strip().lower()
    if voice or mime.startswith("audio/"):
        return AttachmentKind.VOICE
    if mime in _IMAGE_MIMES:
        return AttachmentKind.IMAGE
    if mime.startswith("text/") or mime in _TEXT_MIMES or _TEXT_SUFFIX.search(name.lower()):
        return AttachmentKind.TEXT
    return AttachmentKind.OTHER


def _my_role(said: discord.Message, me_id: int) -> int | None:
    # A bot joins with a role of its own, and people mention that as readily as the bot.
    for role in said.role_mentions:
        if role.tags is not None and role.tags.bot_id == me_id:
            return role.id
    return None


def _readable(said: discord.Message, me_id: int) -> str:
    """The text without Martín's own mention, with other people's ids and custom emoji as they are read."""
    text = said.content
    mine = [rf"<@!?{me_id}>"]
    if (role := _my_role(said, me_id)) is not None:
        mine.append(rf"<@&{role}>")
    text = re.sub(rf"[ \t]*(?:{'|'.join(mine)})[ \t]*", " ", text)
    names = {str(person.id): person.display_name for person in said.mentions}
    text = _MENTION.sub(lambda found: f"@{names[found[1]]}" if found[1] in names else found[0], text)
    return _EMOJI.sub(r"\1", text).strip()


def _addressing(said: discord.Message, where: Chat, text: str, quoted: Quoted | None, *, me_id: int) -> Addressing:
    mentioned = any(person.id == me_id for person in said.mentions) or _my_role(said, me_id) is not None
    replied = quoted is not None and quoted.is_mine
    if not (where.is_direct or mentioned or replied):
        return Addressing.NONE
    if _COMMAND.match(text):
        return Addressing.COMMAND
    if where.is_direct:
        return Addressing.DIRECT
    # A reply notifies its author by a mention that the writer did not type: the typed one says more.
    typed = f"<@{me_id}>" in said.content or f"<@!{me_id}>" in said.content
    return Addressing.MENTION if typed or not replied else Addressing.REPLY


def _quoted(said: discord.Message, *, me_id: int) -> Quoted | None:
    reference = said.reference
    if reference is None or reference.message_id is None:
        return None
    if said.message_snapshots:  # a forward: somebody else's words, from wherever
        words = "\n".join(snapshot.content for snapshot in said.message_snapshots)
        return Quoted(message_id=str(reference.message_id), author=None, text=words, is_mine=False)
    original = reference.resolved
    if not isinstance(original, discord.Message):  # deleted, or Discord did not send it along
        return Quoted(message_id=str(reference.message_id), author=None, text="", is_mine=False)
    return Quoted(
        message_id=str(original.id),
        author=author(original.author, webhook=original.webhook_id is not None),
        text=original.content,
        is_mine=original.author.id == me_id,
    )


def _attachments(said: discord.Message) -> tuple[Attachment, ...]:
    files = [
        Attachment(
            kind=attachment_kind(mime=file.content_type or "", name=file.filename, voice=file.is_voice_message()),
            name=file.filename,
            mime=(file.content_type or "").partition(";")[0].strip(),
            size=file.size,
            ref=file.url,
        )
        for file in said.attachments
    ]
    stickers = [
        Attachment(kind=AttachmentKind.OTHER, name=sticker.name, mime="", size=0, ref=sticker.url)
        for sticker in said.stickers
    ]
    return (*files, *stickers)
