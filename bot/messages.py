"""What comes in from a platform and what goes out to it, in Martín's own words.

Plain frozen values. Knows no platform: an adapter's `parse.py` makes the inbound ones, its `render.py` reads the
outbound ones.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from memory.records import Author, Scope


class ChatKind(StrEnum):
    DIRECT = "direct"  # one person and Martín
    GROUP = "group"  # a Telegram group, a Discord channel, and their public threads
    PRIVATE_THREAD = "private_thread"  # a thread only its members see: a scope of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where something was said.

    `thread_id` separates conversations (their order and recent turns), not memories: a public thread or forum topic
    inherits the scope of `id`. For a private thread `id` is the thread's own id.
    """

    platform: str
    id: str
    kind: ChatKind
    thread_id: str = ""
    title: str = ""
    server_id: str = ""  # Discord guild; only for allow-lists, never a scope

    @property
    def key(self) -> str:
        """The conversation's identity: what is answered one at a time, in order."""
        return f"{self.platform}:{self.id}:{self.thread_id}"

    @property
    def is_direct(self) -> bool:
        return self.kind is ChatKind.DIRECT


class Addressing(StrEnum):
    """Why a message is, or is not, for Martín."""

    DIRECT = "direct"
    MENTION = "mention"
    REPLY = "reply"
    COMMAND = "command"
    NONE = "none"  # said in a group to somebody else


class AttachmentKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file somebody sent. `ref` is what the channel's `fetch` needs to download it; nothing is downloaded before."""

    kind: AttachmentKind
    name: str
    mime: str
    size: int  # bytes, as the platform claims
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """The message that this one replies to."""

    message_id: str
    author: Author | None
    text: str
    is_mine: bool  # Martín wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message. Unique by (platform, chat id, message id)."""

    chat: Chat
    message_id: str
    author: Author
    text: str  # the mention of Martín's own name taken out; a command as "/name arguments"
    sent_at: datetime  # aware, UTC
    addressing: Addressing
    reply_to: Quoted | None = None
    attachments: tuple[Attachment, ...] = ()
    roles: tuple[str, ...] = ()  # Discord role ids, for allow-lists
    language: str = ""  # what the platform says of the sender, e.g. "es"; empty where it says nothing


class Verdict(StrEnum):
    GOOD = "good"  # 👍
    BAD = "bad"  # 👎
    NONE = "none"  # taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundVote:
    """A 👍 or 👎 under an answer: a button, or the platform's own reaction, on one of the answer's messages."""

    chat: Chat
    message_id: str  # the platform message voted on
    voter: Author
    verdict: Verdict
    voted_at: datetime
    roles: tuple[str, ...] = ()  # as in InboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCorrection:
    """What would have been right, typed into a form (Discord modal). Where there are no forms, it comes as a reply."""

    chat: Chat
    message_id: str  # the answer that is corrected
    author: Author
    text: str
    sent_at: datetime
    roles: tuple[str, ...] = ()  # as in InboundMessage


Inbound: TypeAlias = InboundMessage | InboundVote | InboundCorrection


class Receipt(StrEnum):
    """What became of something inbound. Whatever it says, it is safe to acknowledge it to the platform."""

    TAKEN = "taken"  # written to the inbox; will be answered
    DUPLICATE = "duplicate"  # seen before
    REFUSED = "refused"  # not for Martín, or its author may not talk to him: only its id was kept
    DONE = "done"  # dealt with: a vote counted, a /stop carried out


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button under a message. Pressing it sends `command` in the name of the person who pressed."""

    label: str
    command: str  # "/forget everything yes"; at most 60 bytes, so that every platform can carry it


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that Martín sends: an export, a picture."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One piece of what Martín says: already short enough for the channel (see `Capabilities.message_limit`).

    `text` is Markdown (CommonMark, fenced code). The adapter renders it, and falls back to plain text if the platform
    refuses the markup.
    """

    chat: Chat
    text: str
    reply_to: str | None = None  # message id
    votable: bool = False  # 👍/👎 under it
    choices: tuple[Choice, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False  # only for the person who asked, where the platform can (Discord ephemeral)
    asks_correction: bool = False  # this is the question "what would have been right?": open the platform's reply box


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can show, so that the core decides and the adapter only carries out."""

    message_limit: int  # longest text of one message, in the units below
    utf16: bool  # lengths are UTF-16 code units (Telegram), else code points
    previews: bool  # a reply can be shown while it grows
    preview_interval: timedelta  # least time between two previews in one chat
    group_preview_interval: timedelta
    merges: bool  # what one person adds before the answer begins joins the same turn
    votes: bool
    private_replies: bool  # can answer one person alone in a group
    forms: bool = False  # asks for a correction by itself after a 👎 (Discord modal); else the core asks in the chat


def scope_of(chat: Chat, author: Author) -> Scope:
    """The one scope that a message in `chat` reads and writes.

    Raises:
        ValueError: a direct chat whose author is not known as a person yet.
    """
    if not chat.is_direct:
        return Scope.place(chat.platform, chat.id)
    if author.person is None:
        raise ValueError("A direct chat needs a known person.")
    return Scope.person(author.person)
