"""WhatsApp's exported `.txt`, as Android and iOS write it in any region.

The file says neither whether the day or the month comes first nor where a message ends: the order of the date is told
from the whole file (`date_order`), and a line that does not begin with a date goes on with the message before it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from adapters.imports.fields import ContentIds, identifier, noted, plausible, string
from adapters.imports.source import Item, Reason, Skipped, Source
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "whatsapp"
LONGEST = 100_000  # characters of one message; WhatsApp itself takes 65,536

_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # direction marks around dates and names
_SPACES = re.compile("[\u00a0\u202f]")  # what newer versions put before "p. m."
_HEADER = re.compile(
    r"""\[?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),?\ +
        (?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?
        (?:\ ?(?P<half>[ap])(?P<dot>\.?)\ ?m\b\.?)?
        (?:\]\ ?|\ -\ )(?P<rest>.*)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
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


class DateOrder(StrEnum):
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    YEAR_FIRST = "year first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The beginning of a message as it is written, before anybody knows which number is the day."""

    numbers: tuple[int, int, int]
    hour: int
    minute: int
    second: int
    half: str  # "a", "p", or empty on a 24-hour clock
    dotted: bool  # "p. m.", not "PM"
    rest: str
    marked: bool  # iOS puts a direction mark before what is not typed: notices and media

    @classmethod
    def read(cls, line: str) -> "Stamp | None":
        """The stamp that `line` begins with. None: it goes on with the message before."""
        match = _HEADER.match(_plain(line))
        if match is None:
            return None
        return cls(
            numbers=(int(match["a"]), int(match["b"]), int(match["c"])),
            hour=int(match["hour"]),
            minute=int(match["minute"]),
            second=int(match["second"] or 0),
            half=(match["half"] or "").lower(),
            dotted=bool(match["dot"]),
            rest=match["rest"],
            marked=": \u200e" in line,
        )

    def at(self, order: DateOrder, *, zone: tzinfo) -> datetime | None:
        """The moment in UTC. None: there is no such date."""
        year, month, day = arranged(self.numbers, order)
        hour = self.hour % 12 + (12 if self.half == "p" else 0) if self.half else self.hour
        try:
            return plausible(datetime(_century(year), month, day, hour, self.minute, self.second, tzinfo=zone))
        except ValueError:
            return None


def date_order(stamps: Iterable[Stamp]) -> DateOrder:
    """Which order all dates of a file are written in.

    A number over 31 is a year, one over 12 a day. Where no number decides, time does: a chat runs forwards, and its
    messages stand close together, so the order is right that goes back less often, else the one that spans less.
    Where even that does not, "PM" without dots speaks for the month first.
    """
    first_days = second_days = back_day_first = back_month_first = 0
    begin: Stamp | None = None
    last: Stamp | None = None
    for stamp in stamps:
        first, second, _ = stamp.numbers
        if first > 31:
            return DateOrder.YEAR_FIRST
        first_days += first > 12
        second_days += second > 12
        if last is not None:
            back_day_first += _days(stamp, DateOrder.DAY_FIRST) < _days(last, DateOrder.DAY_FIRST)
            back_month_first += _days(stamp, DateOrder.MONTH_FIRST) < _days(last, DateOrder.MONTH_FIRST)
        begin, last = begin or stamp, stamp
    if begin is None or last is None:
        return DateOrder.DAY_FIRST
    day_first = (-first_days, back_day_first, _span(begin, last, DateOrder.DAY_FIRST))
    month_first = (-second_days, back_month_first, _span(begin, last, DateOrder.MONTH_FIRST))
    if day_first == month_first:
        return DateOrder.MONTH_FIRST if begin.half and not begin.dotted else DateOrder.DAY_FIRST
    return min((day_first, DateOrder.DAY_FIRST), (month_first, DateOrder.MONTH_FIRST))[1]


def arranged(numbers: tuple[int, int, int], order: DateOrder) -> tuple[int, int, int]:
    """Year, month and day."""
    a, b, c = numbers
    return {
        DateOrder.DAY_FIRST: (c, b, a),
        DateOrder.MONTH_FIRST: (c, a, b),
        DateOrder.YEAR_FIRST: (a, b, c),
    }[order]


def _days(stamp: Stamp, order: DateOrder) -> int:
    """Days since the year 0, near enough to compare: every month has 31."""
    year, month, day = arranged(stamp.numbers, order)
    return (_century(year) * 12 + month) * 31 + day


def _span(begin: Stamp, last: Stamp, order: DateOrder) -> int:
    return abs(_days(last, order) - _days(begin, order))


def _century(year: int) -> int:
    return year + 2000 if year < 100 else year


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
        line, stamp = _plain(raw), Stamp.read(raw)
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
    return string(_NAME.sub("", _plain(name))) or "WhatsApp"


def _plain(line: str) -> str:
    return _SPACES.sub(" ", _INVISIBLE.sub("", line))
