"""Telegram Desktop's `result.json`: one chat, or everything an account has.

Format: https://core.telegram.org/import-export. Replies are message ids; texts are strings or lists of entities.
"""

from collections.abc import Iterator, Mapping

from adapters.imports.fields import identifier, mapping, moment, noted, sequence, string
from adapters.imports.source import Item, Reason, Skipped, Source
from adapters.imports.streaming import values
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "telegram"

_CHATS = ("", "chats.list.item.", "left_chats.list.item.")
_DIRECT = ("personal_chat", "bot_chat", "saved_messages")
_MEDIA = {
    "voice_message": "🎤",
    "video_message": "🎬",
    "video_file": "🎬",
    "animation": "🎬",
    "audio_file": "🎵",
}


def read(source: Source) -> Iterator[Item]:
    """Every message of every chat in the file.

    Raises:
        ImportRefused: the file is broken.
    """
    prefixes = [f"{chat}{name}" for chat in _CHATS for name in ("name", "type", "id", "messages.item")]
    head: dict[str, object] = {}
    conversation = _conversation({})
    number = 0
    for prefix, value in values(source, *prefixes):
        name = prefix.removesuffix(".item").rpartition(".")[2]
        if name != "messages":
            head[name] = value
            if name == "id":  # the last before the messages
                conversation, head, number = _conversation(head), {}, 0
            continue
        number += 1
        yield _message(mapping(value), conversation, source, where=f"message {number} of {conversation.title}")


def _conversation(head: Mapping[str, object]) -> ImportedConversation:
    kind = string(head.get("type"))
    number = identifier(head.get("id"))
    if kind.endswith(("supergroup", "channel")):
        number = f"-100{number}"  # as the bot API numbers it: the export becomes that very group's memory
    elif kind == "private_group":
        number = f"-{number}"
    return ImportedConversation(
        format=FORMAT, id=number or "unknown", title=string(head.get("name")) or number, direct=kind in _DIRECT
    )


def _message(message: Mapping[str, object], conversation: ImportedConversation, source: Source, *, where: str) -> Item:
    if string(message.get("type")) == "service":
        return Skipped(reason=Reason.SERVICE, where=where)
    number = identifier(message.get("id"))
    said_at = moment(message.get("date_unixtime"), zone=source.zone) or moment(message.get("date"), zone=source.zone)
    if not number or said_at is None:
        return Skipped(reason=Reason.UNREADABLE, where=where, why="it has no id, or no date that can be read")
    said = _text(message.get("text")) or _text(message.get("text_entities"))
    forwarded = string(message.get("forwarded_from"))
    text = noted(f"↪ {forwarded}: {said}" if forwarded and said else said, *_notes(message))
    if not text:
        return Skipped(reason=Reason.EMPTY, where=where)
    elsewhere = "reply_to_peer_id" in message
    answered = "" if elsewhere else identifier(message.get("reply_to_message_id"))
    author = identifier(message.get("from_id"))
    return ImportedTurn(
        conversation=conversation,
        external_id=number,
        speaker=string(message.get("from")) or author or "?",
        speaker_id=author,
        text=text,
        said_at=said_at,
        answers=(answered,) if answered else (),
        memorable=bool(said) or "poll" in message,
    )


def _text(value: object) -> str:
    if isinstance(value, str):
        return string(value)
    return string("".join(_entity(part) for part in sequence(value)))


def _entity(part: object) -> str:
    if isinstance(part, str):
        return part
    entity = mapping(part)
    text = entity.get("text")
    shown = text if isinstance(text, str) else ""
    link = string(entity.get("href"))
    return f"{shown} ({link})" if link and entity.get("type") == "text_link" and link != shown else shown


def _notes(message: Mapping[str, object]) -> Iterator[str]:
    media = string(message.get("media_type"))
    name = string(message.get("file_name")) or string(message.get("title"))
    if "photo" in message:
        yield "📷"
    elif media == "sticker":
        yield string(message.get("sticker_emoji")) or "🖼"
    elif media in _MEDIA:
        yield f"{_MEDIA[media]} {string(message.get('title'))}"
    elif "file" in message:
        yield f"📎 {name}"
    if "location_information" in message:
        yield f"📍 {string(message.get('place_name'))}"
    if contact := mapping(message.get("contact_information")):
        yield f"👤 {string(contact.get('first_name'))} {string(contact.get('last_name'))}"
    if poll := mapping(message.get("poll")):
        choices = [string(mapping(answer).get("text")) for answer in sequence(poll.get("answers"))]
        yield f"📊 {string(poll.get('question'))} {' / '.join(filter(None, choices))}"
