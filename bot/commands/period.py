"""A stretch of days, as somebody types it: "hoy", "yesterday", "2026-05", "1/5/2026..15/5/2026".

Pure and strict: what it finds is forgotten, so whatever it does not understand whole, it refuses.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from memory.language import folded

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_WRITTEN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_BETWEEN = re.compile(r"\s*\.\.\s*|\s+(?:a|al|hasta|to|until)\s+")
_BEFORE = re.compile(r"^(?:del?|desde|from)\s+")
_DAYS_AGO = {"hoy": 0, "today": 0, "ayer": 1, "yesterday": 1, "anteayer": 2, "antier": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days in somebody's time zone, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        """As `parse` reads it again."""
        return f"{self.first}..{self.last}"

    def bounds(self, timezone: tzinfo) -> tuple[datetime, datetime]:
        """The same as a half-open span of moments."""
        after = self.last + timedelta(days=1)
        return datetime.combine(self.first, time(), timezone), datetime.combine(after, time(), timezone)


def parse(text: str, *, today: date) -> Period | None:
    """Read a period in Spanish or English. None: it is not one."""
    plain = _BEFORE.sub("", " ".join(folded(text).split()))
    ends = _BETWEEN.split(plain)
    if len(ends) > 2:
        return None
    periods = [_one(end, today) for end in ends]
    first, last = periods[0], periods[-1]
    if first is None or last is None or first.first > last.last:
        return None
    return Period(first=first.first, last=last.last)


def _one(text: str, today: date) -> Period | None:
    if text in _DAYS_AGO:
        day = today - timedelta(days=_DAYS_AGO[text])
        return Period(first=day, last=day)
    monday = today - timedelta(days=today.weekday())
    last_week = monday - timedelta(days=7)
    before = today.replace(day=1) - timedelta(days=1)
    spans = {
        ("esta semana", "this week"): Period(first=monday, last=today),
        ("la semana pasada", "semana pasada", "last week"): Period(first=last_week, last=monday - timedelta(days=1)),
        ("este mes", "this month"): Period(first=today.replace(day=1), last=today),
        ("el mes pasado", "mes pasado", "last month"): Period(first=before.replace(day=1), last=before),
    }
    for names, span in spans.items():
        if text in names:
            return span
    return _numbers(text)


def _numbers(text: str) -> Period | None:
    try:
        if (found := _WRITTEN.fullmatch(text)) is not None:  # day first, in both languages: 2026-05-01 is for the rest
            day = date(int(found[3]), int(found[2]), int(found[1]))
            return Period(first=day, last=day)
        if (found := _ISO.fullmatch(text)) is None:
            return None
        year, month, day_of_month = found.groups()
        if day_of_month:
            day = date(int(year), int(month), int(day_of_month))
            return Period(first=day, last=day)
        if month:
            first = date(int(year), int(month), 1)
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            return Period(first=first, last=following - timedelta(days=1))
        return Period(first=date(int(year), 1, 1), last=date(int(year), 12, 31))
    except (ValueError, OverflowError):  # the 31st of February; the year 0 or 9999
        return None
