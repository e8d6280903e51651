"""IRC logs: `[12:18] <nick> text`, one day or part of one a file, whose date stands in the file's name.

A file of annotations beside it (`X.annotation.txt` for `X.ascii.txt`; rows `N M -`: line M answers line N, both from
zero) tells who answers whom; source: jkkummerfeld/irc-disentanglement. A log on a 12-hour clock goes from 12 to 1.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from adapters.imports.fields import identifier, plausible, string
from adapters.imports.source import Item, Reason, Skipped, Source
from bot.errors import ImportRefused
from memory.importing import ImportedConversation, ImportedTurn

FORMAT = "irc"

LINE = re.compile(
    r"""\[?(?:(?P<date>\d{4}-\d{2}-\d{2})[ T])?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\]?\s+
        (?:<[@+%~&\ ]?(?P<nick>[^<>\s]+)>\s?(?P<said>.*)|\*\s+(?P<actor>\S+)\s?(?P<deed>.*)|(?P<notice>.*))""",
    re.VERBOSE | re.ASCII,
)
_DAY = re.compile(r"(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})", re.ASCII)
_ANNOTATION = re.compile(r"(\d{1,9})\s+(\d{1,9})\b", re.ASCII)


class WallClock:
    """Turns the times of a log, which name no day and perhaps no half of it, into moments that run forwards."""

    def __init__(self, day: date, *, twelve_hours: bool, zone: tzinfo) -> None:
        self._day = day
        self._twelve = twelve_hours
        self._zone = zone
        self._half = 0  # 12 in the afternoon of a 12-hour log
        self._last = -1  # the last hour, as written (12 read as 0 on a 12-hour clock)

    def at(self, hour: int, minute: int, second: int) -> datetime | None:
        """The moment in UTC, a later one than any before it. None: there is no such time."""
        if not (hour < 24 and minute < 60 and second < 61):
            return None
        written = hour % 12 if self._twelve else hour
        if written < self._last:
            self._turn_over()
        self._last = written
        moment = time(written + self._half, minute, min(second, 59))
        return plausible(datetime.combine(self._day, moment, tzinfo=self._zone))

    def _turn_over(self) -> None:
        if self._twelve and self._half == 0:
            self._half = 12
        else:
            self._half = 0
            self._day = min(self._day, date.max - timedelta(days=1)) + timedelta(days=1)


def twelve_hours(hours: Iterable[int]) -> bool:
    """Whether the hours of a log, in its order, are those of a 12-hour clock."""
    wraps, previous = False, -1
    for hour in hours:
        if hour == 0 or hour > 12:
            return False
        wraps = wraps or (previous == 12 and hour == 1)
        previous = hour
    return wraps


def read(source: Source) -> Iterator[Item]:
    """Every line somebody said or did; joins and other notices are skipped. The file is read twice.

    Raises:
        ImportRefused: neither the file's name nor its lines say which day it is.
    """
    name = identifier(source.stem) or "unknown"
    conversation = ImportedConversation(format=FORMAT, id=name, title=name, direct=False)
    matches = (LINE.match(line) for _, line in source.lines())
    clock = _clock(source, twelve=twelve_hours(int(match["hour"]) for match in matches if match))
    answered = _answers(source)
    for number, line in source.lines():
        if not line.strip():
            continue
        where = f"line {number}"
        match = LINE.match(line)
        if match is None:
            notice = line.startswith(("===", "---"))
            reason, why = (
                (Reason.SERVICE, "") if notice else (Reason.UNREADABLE, "it is not like '[12:18] <nick> text'")
            )
            yield Skipped(reason=reason, where=where, why=why)
            continue
        yield _turn(match, conversation, _moment(match, clock, source), answered.get(number - 1, ()), number - 1, where)


def _turn(
    match: re.Match[str],
    conversation: ImportedConversation,
    said_at: datetime | None,
    answers: tuple[str, ...],
    number: int,
    where: str,
) -> Item:
    if said_at is None:
        return Skipped(reason=Reason.UNREADABLE, where=where, why="there is no such time")
    nick = string(match["nick"] or match["actor"] or "")
    if not nick:
        return Skipped(reason=Reason.SERVICE, where=where)
    words = string(match["said"] or match["deed"] or "")
    if not words:
        return Skipped(reason=Reason.EMPTY, where=where)
    return ImportedTurn(
        conversation=conversation,
        external_id=str(number),
        speaker=nick,
        text=f"{nick} {words}" if match["actor"] else words,
        said_at=said_at,
        answers=answers,
    )


def _clock(source: Source, *, twelve: bool) -> WallClock | None:
    """None where the name holds no date: then every line must."""
    match = _DAY.search(source.path.name)
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        day = None
    if day is not None:
        return WallClock(day, twelve_hours=twelve, zone=source.zone)
    if not any(match["date"] for _, line in source.lines() if (match := LINE.match(line))):
        raise ImportRefused(
            f"{source.path.name} does not say which day it is.", hint="Put the date in its name: 2024-05-31.txt."
        )
    return None


def _moment(match: re.Match[str], clock: WallClock | None, source: Source) -> datetime | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["date"]:
        try:
            day = date.fromisoformat(match["date"])
            return plausible(datetime.combine(day, time(hour, minute, min(second, 59)), tzinfo=source.zone))
        except ValueError:
            return None
    return clock.at(hour, minute, second) if clock else None


def _answers(source: Source) -> dict[int, tuple[str, ...]]:
    """Which lines each line answers, the nearest first, from the annotations beside the log, if there are any."""
    path = source.path.with_name(f"{source.stem}.annotation.txt")
    if not path.is_file():
        return {}
    found: dict[int, list[int]] = {}
    beside = Source(path=path, zone=UTC, now=source.now)
    for _, row in beside.lines():
        if (match := _ANNOTATION.match(row)) and match[1] != match[2]:
            found.setdefault(int(match[2]), []).append(int(match[1]))
    return {line: tuple(str(number) for number in sorted(asked, reverse=True)) for line, asked in found.items()}
