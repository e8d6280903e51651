"""Read values of unknown shape without trusting them: strings, times, lists, notes on media.

Pure. Whatever JSON or a line holds, nothing here raises.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from hashlib import sha256

LONGEST_ID = 100  # characters; a scope and a column must hold it with a prefix
_LATEST_SECONDS = 1e11  # epoch numbers above it (the year 5138) are milliseconds
_CHATTING_YEARS = range(1970, 2200)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL has no NUL, UTF-8 no lone surrogates


def mapping(value: object) -> Mapping[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[object]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def string(value: object) -> str:
    """`value` as text that any database can store; numbers as written, anything else empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return _UNSTORABLE.sub("\ufffd", str(value)).strip()
    except ValueError:  # an integer of more digits than Python prints
        return ""


def identifier(value: object) -> str:
    """`value` as an id of bounded length: itself, or its digest where it is too long."""
    text = " ".join(string(value).split())
    return text if len(text) <= LONGEST_ID else sha256(text.encode()).hexdigest()


def moment(value: object, *, zone: tzinfo) -> datetime | None:
    """A time in UTC from ISO 8601 or seconds (or milliseconds) since 1970. None: it is neither.

    `zone` is that of times which name none.
    """
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            read = datetime.fromisoformat(value.strip())
            return plausible(read if read.tzinfo else read.replace(tzinfo=zone))
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            return None
        seconds = float(value)
        return plausible(datetime.fromtimestamp(seconds / 1000 if abs(seconds) > _LATEST_SECONDS else seconds, UTC))
    except (ValueError, OverflowError, OSError, ArithmeticError):
        return None


def plausible(when: datetime) -> datetime | None:
    """`when` in UTC, if anybody can have chatted then: arithmetic on it is safe in every database and time zone."""
    return when.astimezone(UTC) if when.year in _CHATTING_YEARS else None


def noted(text: str, *notes: str) -> str:
    """`text` with its notes (📷 and a caption, 📎 and a name) after it: signs, since an import has no language."""
    return "\n".join(part for part in (text, *(note.strip() for note in notes)) if part)


class ContentIds:
    """Ids for turns of a file that gives none: a digest of when, who and what, and the how-manieth of that moment.

    A longer export of the same chat gives the same turns the same ids.
    """

    def __init__(self) -> None:
        self._when = ""
        self._seen: Counter[str] = Counter()  # only of the moment in hand: bounded

    def of(self, when: str, who: str, what: str) -> str:
        if when != self._when:
            self._when, self._seen = when, Counter()
        digest = sha256("\0".join((when, who, what)).encode("utf-8", "replace")).hexdigest()[:32]
        self._seen[digest] += 1
        count = self._seen[digest]
        return digest if count == 1 else f"{digest}.{count}"
