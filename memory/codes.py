"""One-time codes: short enough to be typed, good for a few minutes and a few tries, and kept only as a digest.

The first letters of a code find its row, the rest prove it. So a wrong try counts against the one code it was aimed at,
and nobody can use up another's by guessing at random.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database
from memory.records import PersonId
from memory.schema import codes

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no I, L, O, 0, 1: they are mistaken for each other when typed
SELECTOR = 3  # letters that find the row
SECRET = 6  # letters that prove it: 30 bits, of which somebody gets `TRIES` guesses
TRIES = 5
OPEN_AT_ONCE = 1000  # a flood of strangers does not fill the disk


class CodePurpose(StrEnum):
    PAIR = "pair"  # a stranger's; an admin approves it
    ADMIN = "admin"  # whoever sends it becomes an admin
    LINK = "link"  # whoever sends it is the same person


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTime:
    """A code that was right."""

    holder: str  # the account it was made for, "platform:id"; empty for an admin's
    person: PersonId | None
    note: str  # JSON of whoever made it


class TooManyCodes(Exception):
    """So many codes are open that somebody must be making them in bulk."""


class Codes:
    """One-time codes over one database."""

    def __init__(self, database: Database, *, tries: int = TRIES) -> None:
        self._database = database
        self._tries = tries

    async def issue(
        self,
        purpose: CodePurpose,
        *,
        life: timedelta,
        now: datetime,
        holder: str = "",
        person: PersonId | None = None,
        note: str = "",
    ) -> str:
        """Make a code, "ABC-DEFGHJ". It replaces the holder's former one of the same purpose.

        Raises:
            TooManyCodes: a thousand are open.
        """
        async with self._database.writing() as connection:
            await connection.execute(delete(codes).where(codes.c.expires_at <= now))
            await connection.execute(delete(codes).where(codes.c.purpose == purpose, codes.c.holder == holder))
            if (await connection.scalar(select(func.count()).select_from(codes)) or 0) >= OPEN_AT_ONCE:
                raise TooManyCodes
            selector = await _free_selector(connection)
            letters = selector + _letters(SECRET)
            await connection.execute(
                insert(codes).values(
                    purpose=purpose,
                    digest=_digest(letters),
                    selector=selector,
                    holder=holder,
                    person_id=person,
                    chat=note,
                    created_at=now,
                    expires_at=now + life,
                )
            )
        return f"{letters[:SELECTOR]}-{letters[SELECTOR:]}"

    async def redeem(self, purpose: CodePurpose, code: str, *, now: datetime, keep: bool = False) -> OneTime | None:
        """What a code was made for; it is spent, unless `keep` (to ask for confirmation first).

        None, always alike: it is wrong, too old, used, or was guessed at too often. A wrong one costs a try of the code
        it was aimed at.
        """
        letters = normal(code)
        if len(letters) != SELECTOR + SECRET:
            return None
        async with self._database.writing() as connection:
            row = (
                await connection.execute(
                    select(codes)
                    .where(
                        codes.c.purpose == purpose,
                        codes.c.selector == letters[:SELECTOR],
                        codes.c.expires_at > now,
                        codes.c.tries < self._tries,
                    )
                    .with_for_update()
                )
            ).one_or_none()
            if row is None:
                return None
            if not hmac.compare_digest(row.digest, _digest(letters)):
                await connection.execute(update(codes).where(codes.c.id == row.id).values(tries=codes.c.tries + 1))
                return None
            if not keep:
                await connection.execute(delete(codes).where(codes.c.id == row.id))
        person = None if row.person_id is None else PersonId(row.person_id)
        return OneTime(holder=row.holder, person=person, note=row.chat)

    async def waiting(self, purpose: CodePurpose, *, now: datetime) -> list[OneTime]:
        """Who holds an open code, oldest first. Not the codes: nobody has them but their holders."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(codes.c.holder, codes.c.person_id, codes.c.chat)
                .where(codes.c.purpose == purpose, codes.c.expires_at > now, codes.c.tries < self._tries)
                .order_by(codes.c.id)
            )
            return [OneTime(holder=row.holder, person=row.person_id, note=row.chat) for row in rows]

    async def is_open(self, purpose: CodePurpose, *, holder: str = "", now: datetime) -> bool:
        """Whether the holder's code is still good."""
        async with self._database.reading() as connection:
            found = await connection.scalar(
                select(codes.c.id).where(
                    codes.c.purpose == purpose,
                    codes.c.holder == holder,
                    codes.c.expires_at > now,
                    codes.c.tries < self._tries,
                )
            )
        return found is not None

    async def withdraw(self, purpose: CodePurpose, *, holder: str) -> None:
        """Make a holder's code good for nothing."""
        async with self._database.writing() as connection:
            await connection.execute(delete(codes).where(codes.c.purpose == purpose, codes.c.holder == holder))


def normal(code: str) -> str:
    """A code as it was meant: however it was spaced, hyphenated or capitalised."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def resembles(text: str) -> bool:
    """Whether `text` could be a code, so that somebody who sends it alone is understood."""
    letters = normal(text)
    return len(letters) == SELECTOR + SECRET and set(letters) <= set(ALPHABET) and len(text.split()) == 1


async def _free_selector(connection: AsyncConnection) -> str:
    taken = set(await connection.scalars(select(codes.c.selector)))
    while True:
        selector = _letters(SELECTOR)
        if selector not in taken:  # 29,791 of them, and at most a thousand taken
            return selector


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _digest(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()
