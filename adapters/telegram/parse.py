"""A Telegram update, as the Bot API's JSON, to what Martín understands of it.

Pure, and takes nothing for granted: whatever comes in, it gives a value, `None` (not for us) or raises `Malformed`.
https://core.telegram.org/bots/api#update
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.telegram.attached import attachments
from adapters.telegram.buttons import command_of, verdict_of
from bot.messages import Addressing, Chat, ChatKind, Inbound, InboundMessage, InboundVote, Quoted, Verdict
from memory.records import Account, Author

PLATFORM = "telegram"
UPDATES = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")

_GROUPS = ("group", "supergroup", "channel")
_REACTIONS = {"👍": Verdict.GOOD, "👎": Verdict.BAD}

Json = Mapping[str, Any]


class Malformed(ValueError):
    """An update that is not what the Bot API describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot itself, as `getMe` tells."""

    id: int
    username: str


def parse(update: Json, me: Me, *, now: datetime) -> Inbound | None:
    """What `update` says to Martín, if anything. `now` dates a pressed button, which carries no time of its own.

    Raises:
        Malformed: it cannot be read.
    """
    try:
        if "message" in update:
            return _message(update["message"], me)
        if "callback_query" in update:
            return _pressed(update["callback_query"], me, now)
        if "message_reaction" in update:
            return _reaction(update["message_reaction"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Malformed(f"{type(error).__name__} in the fields {sorted(map(str, update))}") from None
    return None


def _message(message: Json, me: Me) -> InboundMessage | None:
    chat = _chat(message)
    text, entities = _text(message)
    files = attachments(message)
    if not text and not files:
        return None  # somebody joined, a title changed, …
    addressing, said = _addressed(text, entities, message, chat, me)
    if addressing is None:
        return None
    sender = message.get("from") or {}
    return InboundMessage(
        chat=chat,
        message_id=str(int(message["message_id"])),
        author=_author(message),
        text=said,
        sent_at=_time(message["date"]),
        addressing=addressing,
        reply_to=_quoted(message, me),
        attachments=files,
        language=_clean(sender.get("language_code", "")),
    )


def _pressed(query: Json, me: Me, now: datetime) -> Inbound | None:
    """A button. Only what the message itself offers is taken: data can be forged by whoever presses."""
    message = query.get("message")
    data = query.get("data")
    if not message or not isinstance(data, str):
        return None
    verdict = verdict_of(data)
    if verdict is not None:
        return InboundVote(
            chat=_chat(message),
            message_id=str(int(message["message_id"])),
            voter=_person(query["from"]),
            verdict=verdict,
            voted_at=now,
        )
    command = command_of(data)
    if command is None or not _is_mine(message, me) or not _offers(message, data):
        return None
    chat = _chat(message)
    return InboundMessage(
        chat=chat,
        message_id=f"press:{_clean(query['id'])}",
        author=_person(query["from"]),
        text=_clean(command),
        sent_at=now,
        addressing=Addressing.DIRECT if chat.is_direct else Addressing.COMMAND,
        language=_clean(query["from"].get("language_code", "")),
    )


def _offers(message: Json, data: str) -> bool:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return any(button.get("callback_data") == data for row in rows for button in row)


def _reaction(reaction: Json) -> InboundVote | None:
    user = reaction.get("user")
    before, after = (_verdict(reaction[key]) for key in ("old_reaction", "new_reaction"))
    if not user or before is after:
        return None  # an anonymous group's, or nothing of ours changed
    return InboundVote(
        chat=_chat(reaction),
        message_id=str(int(reaction["message_id"])),
        voter=_person(user),
        verdict=after,
        voted_at=_time(reaction["date"]),
    )


def _verdict(reactions: Sequence[Json]) -> Verdict:
    found = [_REACTIONS[kind["emoji"]] for kind in reactions if kind.get("emoji") in _REACTIONS]
    return found[-1] if found else Verdict.NONE


def _chat(message: Json) -> Chat:
    chat = message["chat"]
    private = chat["type"] == "private"
    if not private and chat["type"] not in _GROUPS:
        raise Malformed("unknown type of chat")
    # Outside forums `message_thread_id` only numbers a chain of replies.
    thread = message.get("message_thread_id") if message.get("is_topic_message") else None
    return Chat(
        platform=PLATFORM,
        id=str(int(chat["id"])),
        kind=ChatKind.DIRECT if private else ChatKind.GROUP,
        thread_id="" if thread is None else str(int(thread)),
        title="" if private else _clean(chat.get("title", "")),
    )


def _author(message: Json) -> Author:
    """Who wrote it. A group's anonymous admin and a channel write under the id of their chat."""
    as_chat = message.get("sender_chat")
    if as_chat:
        return Author(
            account=Account(platform=PLATFORM, user_id=str(int(as_chat["id"]))),
            name=_clean(as_chat.get("title", "")),
            is_bot=bool(message.get("is_automatic_forward")),  # a channel's posts in its discussion group
        )
    return _person(message["from"])


def _person(user: Json) -> Author:
    name = " ".join(filter(None, (user.get("first_name", ""), user.get("last_name", ""))))
    return Author(
        account=Account(platform=PLATFORM, user_id=str(int(user["id"]))),
        name=_clean(name) or _clean(user.get("username", "")),
        is_bot=bool(user.get("is_bot")),
    )


def _quoted(message: Json, me: Me) -> Quoted | None:
    replied = message.get("reply_to_message")
    if not replied or "forum_topic_created" in replied:  # every message of a topic "replies" to its creation
        return None
    text, _ = _text(replied)
    quote = message.get("quote") or {}
    mine = _is_mine(replied, me)
    return Quoted(
        message_id=str(int(replied["message_id"])),
        author=None if mine else _author(replied) if replied.get("from") or replied.get("sender_chat") else None,
        text=_clean(quote.get("text", "")) or _clean(text),
        is_mine=mine,
    )


def _is_mine(message: Json, me: Me) -> bool:
    return bool((message.get("from") or {}).get("id") == me.id)


def _text(message: Json) -> tuple[str, Sequence[Json]]:
    if "text" in message:
        text, entities = message["text"], message.get("entities")
    else:
        text, entities = message.get("caption") or "", message.get("caption_entities")
    if not isinstance(text, str):
        raise Malformed("a text that is none")
    return text, entities or ()


def _addressed(text: str, entities: Sequence[Json], message: Json, chat: Chat, me: Me) -> tuple[Addressing | None, str]:
    """Why the message is for Martín, and its text without his name. None: it is another bot's command."""
    units = text.encode("utf-16-le", "surrogatepass")
    mentions: list[tuple[int, int]] = []
    command = ""
    for entity in entities:
        start, end = 2 * max(0, int(entity["offset"])), 2 * max(0, int(entity["offset"]) + int(entity["length"]))
        covered = units[start:end].decode("utf-16-le", "replace")
        kind = entity.get("type")
        if kind == "bot_command" and start == 0:
            command = covered
        elif (kind == "mention" and covered.casefold() == f"@{me.username}".casefold()) or (
            kind == "text_mention" and entity["user"]["id"] == me.id
        ):
            mentions.append((start, end))
    if command:
        name, at, bot = command.partition("@")
        if at and bot.casefold() != me.username.casefold():
            return None, ""
        said = f"{name} {_clean(text[len(command) :]).strip()}".strip()
        return (Addressing.DIRECT if chat.is_direct else Addressing.COMMAND), said
    said = _without(units, mentions)
    if chat.is_direct:
        return Addressing.DIRECT, said
    if mentions:
        return Addressing.MENTION, said
    replied = message.get("reply_to_message")
    if replied and _is_mine(replied, me) and "forum_topic_created" not in replied:
        return Addressing.REPLY, said
    return Addressing.NONE, said


def _without(units: bytes, spans: Sequence[tuple[int, int]]) -> str:
    """The text without `spans` (byte offsets in UTF-16) and what separated them from the rest."""
    kept, last = [], 0
    for start, end in sorted(spans):
        kept.append(units[last : max(last, start)].decode("utf-16-le", "replace"))
        last = max(last, end)
    kept.append(units[last:].decode("utf-16-le", "replace"))
    if len(kept) == 1:
        return _clean(kept[0])
    pieces = [kept[0].strip(), *(piece.lstrip(" \t,:;").rstrip() for piece in kept[1:])]
    return _clean(" ".join(filter(None, pieces)))


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _clean(text: object) -> str:
    """A string that every encoding and database takes: no halves of surrogate pairs, no NUL."""
    if not isinstance(text, str):
        raise Malformed("a text that is none")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
