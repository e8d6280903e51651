"""When a question is about: "ayer", "el mes pasado", "last Friday", "in May 2023" to a span of time.

A cheap pattern finds the words that speak of time; only those go to `dateparser`. Pure: "now" is passed in. The only
module that imports dateparser.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from memory.language import folded

_SPELLED = ("un una a one", "dos two", "tres three", "cuatro four", "cinco five", "seis six", "siete seven")
_NUMBERS = {word: str(number) for number, words in enumerate(_SPELLED, start=1) for word in words.split()}
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_MONTH = (
    "(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)"
)
_WEEKDAY = (
    "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|miercoles|jueves|viernes|sabado|domingo)"
)
_YEAR = r"(?:19|20)\d\d"

# In order: the more precise first. "may" and "mayo" alone are words of other kinds ("he may go"), so a month needs a
# year, a day or a preposition beside it.
_SPEAKS_OF_TIME = re.compile(
    rf"""
    \b(?:
        (?P<iso> {_YEAR}-\d\d-\d\d )
      | (?P<date> \d{{1,2}} (?:st|nd|rd|th)? (?:\ de|\ of)?\ {_MONTH} (?: ,?\ (?:del?\ )? {_YEAR} )?
                | {_MONTH}\ \d{{1,2}} (?:st|nd|rd|th)? (?: ,?\ {_YEAR} )? ) \b
      | (?P<ago> hace\ {_NUMBER}\ (?:dias?|semanas?|mes(?:es)?|a[nñ]os?)
               | {_NUMBER}\ (?:days?|weeks?|months?|years?)\ ago )
      | (?P<month> {_MONTH} ,? \ (?:del?\ |of\ )? {_YEAR} | (?:in|during|last|since|en|durante|desde)\ {_MONTH} )
      | (?P<past> last\ (?:week|month|year) | (?:semana|mes|a[nñ]o)\ pasad[oa] | pasad[oa]\ (?:semana|mes|a[nñ]o) )
      | (?P<weekday> (?:last|past|on|this|el|este)\ (?:pasado\ )? {_WEEKDAY} )
      | (?P<near> yesterday|today|tonight|last\ night|anteayer|antier|ayer|anoche|hoy )
      | (?:in|during|since|en|durante|desde|a[nñ]o)\ (?P<year> {_YEAR} )
    )\b""",
    re.VERBOSE,
)
# What dateparser 1.5 does not read, as it does. Its "año" needs the ñ that folding keeps and hurried typing drops.
_PLAINER = {"last night": "yesterday", "tonight": "today", "anoche": "ayer", "antier": "anteayer"}
_BESIDE = re.compile(r"\b(?:last|past|on|this|in|during|since|el|este|en|durante|desde|pasado|st|nd|rd|th)\b|,")
_LENGTHS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive), both aware; never empty."""

    start: datetime
    end: datetime


def period(question: str, *, now: datetime) -> Period | None:
    """The first span of time that `question` names, or None. `now` is aware; days begin at midnight in its zone.

    A day or month that could be past or to come is past: memories are about what has been.
    """
    match = _SPEAKS_OF_TIME.search(folded(question))
    if match is None or match.lastgroup is None:
        return None
    return _span(match.lastgroup, match[match.lastgroup], now.replace(hour=0, minute=0, second=0, microsecond=0))


@lru_cache(maxsize=1024)
def _span(kind: str, words: str, today: datetime) -> Period | None:
    plain = re.sub(r"\bano(s?)\b", r"año\1", _PLAINER.get(words, words))
    if kind == "ago":
        plain = " ".join(_NUMBERS.get(word, word) for word in plain.split())
    elif kind == "past":
        plain = re.sub(r"^(pasad[oa]) (\S+)$", r"\2 \1", plain)
        plain = plain if plain.startswith("last") else f"{'la' if plain.startswith('semana') else 'el'} {plain}"
    elif kind in {"date", "month", "weekday"}:
        plain = " ".join(_BESIDE.sub(" ", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", plain)).split())
    found = _read(plain, today)
    if found is None:
        return None
    day, unit = found
    if unit == "year":
        day = day.replace(month=1, day=1)
        return Period(start=day, end=day.replace(year=day.year + 1))
    if unit == "month":
        day = day.replace(day=1)
        return Period(start=day, end=(day + _LENGTHS["month"]).replace(day=1))
    if unit == "week":
        day -= timedelta(days=day.weekday())  # weeks begin on Monday
    return Period(start=day, end=day + _LENGTHS[unit])


def _read(words: str, today: datetime) -> tuple[datetime, str] | None:
    """The midnight that dateparser finds in `words`, and the unit it stands for."""
    # 0.1 s and its language files: only once somebody speaks of time.
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]  # it has none

    parser = DateDataParser(
        languages=["es", "en"],
        settings={"RELATIVE_BASE": today.replace(tzinfo=None), "PREFER_DATES_FROM": "past"},
    )
    found = parser.get_date_data(words)
    if found.date_obj is None or found.period not in _LENGTHS:
        return None
    return found.date_obj.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=today.tzinfo), found.period
