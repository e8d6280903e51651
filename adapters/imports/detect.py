"""Tell which program exported a file, from its first bytes."""

import json
from itertools import islice

from adapters.imports import chatgpt, discord, irc, jsonl, locomo, telegram, whatsapp
from adapters.imports.source import Reader, Source
from adapters.imports.streaming import HEAD, outline
from bot.errors import ImportRefused

READERS: dict[str, Reader] = {
    telegram.FORMAT: telegram.read,
    discord.FORMAT: discord.read,
    whatsapp.FORMAT: whatsapp.read,
    chatgpt.FORMAT: chatgpt.read,
    jsonl.FORMAT: jsonl.read,
    irc.FORMAT: irc.read,
    locomo.FORMAT: locomo.read,
}

_FIRST_LINES = 40


def reader(source: Source, *, format_name: str | None = None) -> tuple[str, Reader]:
    """The format's name and its reader: the one asked for, else the one the file shows.

    Raises:
        ImportRefused: no such format, or the file is of none that we know.
    """
    name = format_name or _shown(source)
    if name not in READERS:
        formats = ", ".join(READERS)
        message = f"There is no format {name!r}." if name else f"{source.path.name} is of no format that can be read."
        raise ImportRefused(message, hint=f"The formats are: {formats}.")
    return name, READERS[name]


def _shown(source: Source) -> str:
    with source.open() as file:
        head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        raise ImportRefused(f"{source.path.name} is a zip archive.", hint="Unpack it and import the file inside.")
    return _shown_by_json(head) or _shown_by_lines(source)


def _shown_by_json(head: bytes) -> str:
    first = head.lstrip()[:1]
    if first not in (b"{", b"["):
        return ""
    if _is_exchange(head.lstrip().split(b"\n", 1)[0]):
        return jsonl.FORMAT
    keys = outline(head)
    if "item.mapping" in keys:
        return chatgpt.FORMAT
    if "item.conversation" in keys or {"item.qa", "item.sample_id"} & keys:
        return locomo.FORMAT
    if {"guild", "channel"} <= keys:
        return discord.FORMAT
    if {"chats", "personal_information", "left_chats"} & keys or {"messages", "id", "type"} <= keys:
        return telegram.FORMAT
    return ""


def _is_exchange(line: bytes) -> bool:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "input" in row and "response" in row


def _shown_by_lines(source: Source) -> str:
    for _, line in islice(source.lines(), _FIRST_LINES):
        if whatsapp.begins(line):
            return whatsapp.FORMAT
        if (match := irc.LINE.match(line)) and (match["nick"] or match["actor"]):
            return irc.FORMAT
        if _is_exchange(line.encode()):
            return jsonl.FORMAT
    return ""
