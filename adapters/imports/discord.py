"""DiscordChatExporter's JSON: one channel, thread or direct chat a file.

Format: https://github.com/Tyrrrz/DiscordChatExporter. A channel's export becomes that very channel's memory.
"""

from collections.abc import Iterator, Mapping

from adapters.imports.fields import identifier, mapping, moment, noted, sequence, string
from adapters.imports.source import Item, Reason, Skipped, Source
from adapters.imports.streaming import values
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "discord"

_SAID = ("Default", "Reply", "0", "19")  # all other kinds are the platform's notices and commands


def read(source: Source) -> Iterator[Item]:
    """Every message of the file.

    Raises:
        ImportRefused: the file is broken.
    """
    conversation = _conversation({}, {})
    server: Mapping[str, object] = {}
    number = 0
    for prefix, value in values(source, "guild", "channel", "messages.item"):
        if prefix == "guild":
            server = mapping(value)
        elif prefix == "channel":
            conversation = _conversation(server, mapping(value))
        else:
            number += 1
            yield _message(mapping(value), conversation, source, where=f"message {number}")


def _conversation(server: Mapping[str, object], channel: Mapping[str, object]) -> ImportedConversation:
    kind = string(channel.get("type"))
    name = string(channel.get("name"))
    direct = kind in ("DirectTextChat", "1")
    house = "" if direct or "Direct" in kind else string(server.get("name"))
    return ImportedConversation(
        format=FORMAT,
        id=identifier(channel.get("id")) or "unknown",
        title=f"{house} #{name}" if house else name,
        direct=direct,
    )


def _message(message: Mapping[str, object], conversation: ImportedConversation, source: Source, *, where: str) -> Item:
    if string(message.get("type")) not in _SAID:
        return Skipped(reason=Reason.SERVICE, where=where)
    number = identifier(message.get("id"))
    said_at = moment(message.get("timestamp"), zone=source.zone)
    if not number or said_at is None:
        return Skipped(reason=Reason.UNREADABLE, where=where, why="it has no id, or no timestamp that can be read")
    author = mapping(message.get("author"))
    said = string(message.get("content"))
    text = noted(said, *_notes(message))
    if not text:
        return Skipped(reason=Reason.EMPTY, where=where)
    reference = mapping(message.get("reference"))
    here = identifier(reference.get("channelId")) in ("", conversation.id)
    answered = identifier(reference.get("messageId")) if here else ""
    return ImportedTurn(
        conversation=conversation,
        external_id=number,
        speaker=string(author.get("nickname")) or string(author.get("name")) or "?",
        speaker_id=identifier(author.get("id")),
        text=text,
        said_at=said_at,
        answers=(answered,) if answered else (),
        memorable=bool(said) or bool(sequence(message.get("embeds"))),
    )


def _notes(message: Mapping[str, object]) -> Iterator[str]:
    for attachment in sequence(message.get("attachments")):
        yield f"📎 {string(mapping(attachment).get('fileName'))}"
    for sticker in sequence(message.get("stickers")):
        yield f"🖼 {string(mapping(sticker).get('name'))}"
    for value in sequence(message.get("embeds")):
        embed = mapping(value)
        yield noted(string(embed.get("title")), string(embed.get("description")))
