"""Who is speaking: accounts on platforms, the person behind them, and what that person has chosen.

Looking somebody up never writes anything down: `find` leaves a stranger a stranger, `resolve` makes a person of one.
Knows nothing of who may speak (see `memory.grants`).
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Update, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory import linking
from memory.database import Database
from memory.records import Account, Author, PersonId
from memory.schema import accounts, people

CACHED = 10_000  # accounts kept in memory, about 1 KiB each
CACHE_SECONDS = 30.0  # `martin pair` and `martin forget` write from another process: seen here after so long
SEEN_EVERY = timedelta(days=1)  # how stale `seen_at` may be: not worth a write for every message
NAME_LENGTH = 256  # of the column: a longer name is cut

Merged = Callable[[PersonId, PersonId], Awaitable[None]]
"""Told (kept, absorbed) after two persons became one: the vector store moves its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human, over all their linked accounts."""

    id: PersonId
    name: str  # as the account that spoke shows it now: for display, never for a decision
    accounts: tuple[Account, ...]
    language: str = ""  # "es", "en"; empty until chosen or detected
    language_chosen: bool = False  # with /language: detection leaves it alone
    remembers: bool = True  # /privacy remember
    learns: bool = False  # /privacy learn: what they say may train a model
    persona: str = ""  # /persona; empty: the configured one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    person: Person | None  # None: a stranger
    name: str
    seen_at: datetime | None
    stale_at: float  # time.monotonic()


class People:
    """Persons and their accounts, over one database. Cached: a known account costs no SQL.

    `on_merge` is awaited after two persons became one.
    """

    def __init__(self, database: Database, *, on_merge: Merged | None = None, cached: int = CACHED) -> None:
        self._database = database
        self._on_merge = on_merge
        self._cached = cached
        self._cache: OrderedDict[Account, _Known] = OrderedDict()
        self._reads: dict[Account, object] = {}  # under way; a row read before a write must not be kept after it

    async def find(self, account: Account) -> Person | None:
        """The person behind an account, or None for a stranger. Writes nothing."""
        return (await self._known(account)).person

    async def resolve(self, author: Author, *, now: datetime) -> Person:
        """The person behind an author, made on first sight. Keeps the account's shown name up to date."""
        name = author.name[:NAME_LENGTH]
        known = await self._known(author.account)
        if known.person is not None and known.name == name and known.seen_at and now - known.seen_at < SEEN_EVERY:
            return known.person
        stranger = known.person is None
        made = await self._database.write(lambda connection: _see(connection, author, name, now, stranger=stranger))
        if made is not None:
            person = Person(id=made, name=name, accounts=(author.account,))
            self._keep(author.account, _Known(person=person, name=name, seen_at=now, stale_at=_fresh()))
            return person
        self._changed([author.account])
        person_known = (await self._known(author.account)).person
        if person_known is None:
            raise LookupError(f"The account {author.account} was forgotten while it spoke.")
        return person_known

    async def get(self, person: PersonId) -> Person | None:
        """One person by id, shown by the name of the account last seen."""
        async with self._database.reading() as connection:
            account = (
                await connection.execute(
                    select(accounts.c.platform, accounts.c.user_id)
                    .where(accounts.c.person_id == person)
                    .order_by(accounts.c.seen_at.desc())
                    .limit(1)
                )
            ).one_or_none()
        return None if account is None else await self.find(Account(platform=account.platform, user_id=account.user_id))

    async def set_language(self, person: PersonId, language: str, *, chosen: bool) -> None:
        """Speak `language` with them: because they chose it, or because it was detected (never over a choice)."""
        change = update(people).where(people.c.id == person).values(language=language, language_chosen=chosen)
        if not chosen:
            change = change.where(people.c.language_chosen.is_(False))

        def spoken(before: Person) -> Person:
            stays = before.language_chosen and not chosen
            return before if stays else replace(before, language=language, language_chosen=chosen)

        await self._write(person, change, spoken)

    async def set_privacy(self, person: PersonId, *, remembers: bool | None = None, learns: bool | None = None) -> None:
        """What may be done with what they say; None leaves it as it is."""
        wanted = {"remembers": remembers, "learns": learns}
        await self._set(person, **{column: value for column, value in wanted.items() if value is not None})

    async def set_persona(self, person: PersonId, text: str) -> None:
        """How Martín speaks with them; empty for the configured persona."""
        await self._set(person, persona=text)

    async def merge(self, *, kept: PersonId, absorbed: PersonId, now: datetime) -> None:
        """Make two persons one: everything of `absorbed` becomes `kept`'s, and the stricter privacy of both holds."""
        async with self._database.writing() as connection:
            await linking.merge(connection, kept=kept, absorbed=absorbed, now=now)
        self._changed()
        if self._on_merge is not None:
            await self._on_merge(kept, absorbed)

    async def unlink(self, account: Account, *, now: datetime) -> None:
        """Make an account a person of its own, with no past: what was said stays with those it leaves.

        Raises:
            ValueError: it is the person's only account.
        """
        async with self._database.writing() as connection:
            await linking.unlink(connection, account, now=now)
        self._changed()

    def changed(self) -> None:
        """Look everybody up anew: somebody else wrote (a person was forgotten)."""
        self._changed()

    async def _set(self, person: PersonId, **values: object) -> None:
        await self._write(
            person,
            update(people).where(people.c.id == person).values(**values),
            lambda before: replace(before, **values),  # type: ignore[arg-type]  # the columns are the fields
        )

    async def _write(self, person: PersonId, change: Update, changed: Callable[[Person], Person]) -> None:
        """Change a person's row, and what is kept in mind of them likewise."""
        await self._database.write(lambda connection: connection.execute(change))
        self._reads.clear()
        for account, known in self._cache.items():
            if known.person is not None and known.person.id == person:
                self._cache[account] = replace(known, person=changed(known.person))

    async def _known(self, account: Account) -> _Known:
        known = self._cache.get(account)
        if known is not None and time.monotonic() < known.stale_at:
            self._cache.move_to_end(account)
            return known
        read = self._reads.setdefault(account, object())
        known = await self._read(account)
        if self._reads.get(account) is read:
            del self._reads[account]
            self._keep(account, known)
        return known

    def _keep(self, account: Account, known: _Known) -> None:
        self._cache[account] = known
        self._cache.move_to_end(account)
        while len(self._cache) > self._cached:
            self._cache.popitem(last=False)

    async def _read(self, account: Account) -> _Known:
        stale_at = _fresh()
        async with self._database.reading() as connection:
            named = {"by_platform": account.platform, "by_user": account.user_id}
            row = (await connection.execute(_PERSON_OF, named)).one_or_none()
            if row is None:
                return _Known(person=None, name="", seen_at=None, stale_at=stale_at)
            linked = await connection.execute(_ACCOUNTS_OF, {"person": row.id})
            own = tuple(Account(platform=each.platform, user_id=each.user_id) for each in linked)
        person = Person(
            id=PersonId(row.id),
            name=row.name,
            accounts=own,
            language=row.language,
            language_chosen=row.language_chosen,
            remembers=row.remembers,
            learns=row.learns,
            persona=row.persona,
        )
        return _Known(person=person, name=row.name, seen_at=row.seen_at, stale_at=stale_at)

    def _changed(self, only: Iterable[Account] | None = None) -> None:
        """What was kept in mind of these accounts, or of all, holds no more."""
        if only is None:
            self._cache.clear()
            self._reads.clear()
            return
        for account in only:
            self._cache.pop(account, None)
            self._reads.pop(account, None)


def author_of(author: Author, person: Person) -> Author:
    """The same author, with the person behind the account known."""
    return replace(author, person=person.id)


def _fresh() -> float:
    return time.monotonic() + CACHE_SECONDS


async def _see(
    connection: AsyncConnection, author: Author, name: str, now: datetime, *, stranger: bool
) -> PersonId | None:
    """Note that an account was seen. The person that was made of it, or None if there was one already."""
    account = {"by_platform": author.account.platform, "by_user": author.account.user_id}
    if not stranger or (await connection.execute(_KNOWN_ACCOUNT, account)).first() is not None:
        await connection.execute(update(accounts).where(_OF_ACCOUNT), account | {"name": name, "seen_at": now})
        return None
    made = PersonId((await connection.execute(_NEW_PERSON, {"created_at": now})).scalar_one())
    await connection.execute(
        _NEW_ACCOUNT,
        {
            "platform": author.account.platform,
            "user_id": author.account.user_id,
            "person_id": made,
            "name": name,
            "is_bot": author.is_bot,
            "seen_at": now,
        },
    )
    return made


# Statements of a message's path, built once: see `database.insert_into`.

_OF_ACCOUNT = (accounts.c.platform == bindparam("by_platform")) & (accounts.c.user_id == bindparam("by_user"))
_KNOWN_ACCOUNT = select(accounts.c.id).where(_OF_ACCOUNT)
_NEW_PERSON = insert(people).returning(people.c.id)
_NEW_ACCOUNT = insert(accounts)
_PERSON_OF = (
    select(people, accounts.c.name, accounts.c.seen_at)
    .join(accounts, accounts.c.person_id == people.c.id)
    .where(_OF_ACCOUNT)
)
_ACCOUNTS_OF = (
    select(accounts.c.platform, accounts.c.user_id)
    .where(accounts.c.person_id == bindparam("person"))
    .order_by(accounts.c.id)
)
