"""The dates that WhatsApp's exported messages begin with: read as they stand, and ordered by what the whole file shows.

Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from adapters.imports.fields import plausible

_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # direction marks around dates and names
_SPACES = re.compile("[\u00a0\u202f]")  # what newer versions put before "p. m."
_HEADER = re.compile(
    r"""\[?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),?\ +
        (?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?
        (?:\ ?(?P<half>[ap])(?P<dot>\.?)\ ?m\b\.?)?
        (?:\]\ ?|\ -\ )(?P<rest>.*)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


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
        match = _HEADER.match(plain(line))
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
    stamped = years = first_days = second_days = back_day_first = back_month_first = 0
    begin: Stamp | None = None
    last: Stamp | None = None
    for stamp in stamps:
        first, second, _ = stamp.numbers
        stamped += 1
        years += first > 31
        first_days += 12 < first <= 31
        second_days += second > 12
        if last is not None:
            back_day_first += _days(stamp, DateOrder.DAY_FIRST) < _days(last, DateOrder.DAY_FIRST)
            back_month_first += _days(stamp, DateOrder.MONTH_FIRST) < _days(last, DateOrder.MONTH_FIRST)
        begin, last = begin or stamp, stamp
    if begin is None or last is None:
        return DateOrder.DAY_FIRST
    if years > stamped / 2:  # one alone is a date that somebody pasted
        return DateOrder.YEAR_FIRST
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


def plain(line: str) -> str:
    """`line` without marks of direction and unbreakable spaces."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", line))
