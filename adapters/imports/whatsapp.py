"""WhatsApp's exported `.txt`, as Android and iOS write it in any region.

The file says neither whether the day or the month comes first (see `stamps`) nor where a message ends: a line that does
not begin with a date goes on with the message before it.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from adapters.imports.fields import ContentIds, identifier, noted, string
from adapters.imports.source import Item, Reason, Skipped, Source
from adapters.imports.stamps import Stamp, date_order, plain
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "whatsapp"
LONGEST = 100_000  # characters of one message; WhatsApp itself takes 65,536

_SAID = re.compile(r"(?P<who>[^:]{1,100}):(?:\ |$)(?P<text>.*)")
_NOTICE_BY = re.compile(
    r"\b(changed the (subject|group|description)|created (the )?group|added|cambió (el|la) (asunto|descripción|nombre)"
    r"|creó el grupo|añadió|agregó)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(messages and calls are end-to-end encrypted|los mensajes y las llamadas están cifrados de extremo a extremo"
    r"|(this message was|you) deleted( this message)?\.?$|se eliminó este mensaje|eliminaste este mensaje"
    r"|(missed (voice|video) call|(vídeo)?llamada (de voz |de video |de vídeo )?perdida)|null$)",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"<(media omitted|multimedia omitido|archivo omitido)>"
    r"|(image|photo|video|audio|voice message|sticker|gif|document|contact card|imagen|foto|v[ií]deo|nota de voz"
    r"|documento|tarjeta de contacto)\ (omitted|omitid[oa])",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?P<before>[^\n]{1,200}?)\ \((file attached|archivo adjunto)\)|<(attached|adjunto):\ (?P<inside>[^>\n]{1,200})>",
    re.IGNORECASE,
)
_EDITED = re.compile(r"\ ?<(this message was edited|se editó este mensaje\.?)>$", re.IGNORECASE)
_NAME = re.compile(r"(whatsapp chat (with|-)|chat de whatsapp con|conversación de whatsapp con)\ *", re.IGNORECASE)


def begins(line: str) -> bool:
    """Whether a message of a WhatsApp chat begins with this line."""
    return Stamp.read(line) is not None


def read(source: Source) -> Iterator[Item]:
    """Every message of the chat; the file is read twice.

    Raises:
        ImportRefused: the file cannot be opened.
    """
    order = date_order(stamp for _, line in source.lines() if (stamp := Stamp.read(line)))
    title = _title(source)
    conversation = ImportedConversation(
        format=FORMAT, id=identifier(title) or "unknown", title=title, direct=_speakers(source) <= 2
    )
    ids = ContentIds()
    for number, stamp, text in _messages(source):
        where = f"line {number}"
        if stamp is None:
            yield Skipped(reason=Reason.UNREADABLE, where=where, why="no date stands before it")
        else:
            yield _turn(stamp, text, conversation, ids, said_at=stamp.at(order, zone=source.zone), where=where)


def _turn(
    stamp: Stamp,
    text: str,
    conversation: ImportedConversation,
    ids: ContentIds,
    *,
    said_at: datetime | None,
    where: str,
) -> Item:
    if said_at is None:
        written = "/".join(map(str, stamp.numbers))
        return Skipped(reason=Reason.UNREADABLE, where=where, why=f"{written} is no date in this file's order")
    said = _SAID.match(text.partition("\n")[0])
    if said is None or _notice(said["who"], said["text"], marked=stamp.marked):
        return Skipped(reason=Reason.SERVICE, where=where)
    who = string(said["who"]).removeprefix("~").strip()
    words, notes = _spoken(string(text[said.start("text") :]))
    shown = noted(words, *notes)
    if not shown or not who:
        return Skipped(reason=Reason.EMPTY, where=where)
    return ImportedTurn(
        conversation=conversation,
        external_id=ids.of(said_at.isoformat(), who, shown),
        speaker=who,
        text=shown,
        said_at=said_at,
        memorable=bool(words),
    )


def _messages(source: Source) -> Iterator[tuple[int, Stamp | None, str]]:
    """Line number, stamp and whole text of each message; a stamp of None where text stands before any message."""
    begun: Stamp | None = None
    first, length = 0, 0
    text: list[str] = []
    for number, raw in source.lines():
        line, stamp = plain(raw), Stamp.read(raw)
        if stamp is not None:
            if begun is not None:
                yield first, begun, "\n".join(text)
            begun, first, text, length = stamp, number, [stamp.rest], len(stamp.rest)
        elif begun is not None:
            length += len(line) + 1
            if length <= LONGEST:
                text.append(line)
        elif line.strip():
            yield number, None, line
    if begun is not None:
        yield first, begun, "\n".join(text)


def _notice(who: str, text: str, *, marked: bool) -> bool:
    """Whether the platform says it, not `who`."""
    return bool(_NOTICE_BY.search(who) or _NOTICE.match(text) or (marked and _NOTICE_BY.search(text)))


def _spoken(text: str) -> tuple[str, list[str]]:
    """The words of a message, and the notes that stand for its media."""
    notes: list[str] = []
    text = _EDITED.sub("", text)
    if file := _FILE.match(text):
        notes.append(f"📎 {file['before'] or file['inside']}")
        text = text[file.end() :]
    elif media := _MEDIA.match(text):
        notes.append("📎")
        text = text[media.end() :]
    return text.strip(), notes


def _speakers(source: Source) -> int:
    """How many people talk, counted up to three."""
    names: set[str] = set()
    for _, line in source.lines():
        stamp = Stamp.read(line)
        said = _SAID.match(stamp.rest) if stamp else None
        if stamp and said and not _notice(said["who"], said["text"], marked=stamp.marked):
            names.add(said["who"])
            if len(names) > 2:
                break
    return len(names)


def _title(source: Source) -> str:
    """Who the chat is with: from the file's name, or its folder's where iOS calls every file `_chat.txt`."""
    name = source.path.resolve().parent.name if source.stem == "_chat" else source.stem
    return string(_NAME.sub("", plain(name))) or "WhatsApp"
