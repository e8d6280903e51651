"""What an account, a chat, a server or a role may do: from the settings, and from what admins granted since.

Grants belong to accounts, never to names and never to persons: linking and unlinking move them with the account, and
nobody escapes a ban by having themselves forgotten. A person may what any of their accounts may.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.audit import note
from memory.database import Database, insert_new
from memory.people import Person
from memory.records import Account, PersonId
from memory.schema import grants

CACHE_SECONDS = 10.0  # `martin pair` writes from another process: seen here after so long


class Kind(StrEnum):
    PERSON = "person"  # subject: the account, "telegram:123"
    CHAT = "chat"  # "telegram:-100123", "discord:CHANNEL"
    SERVER = "server"  # "discord:GUILD"
    ROLE = "role"  # "discord:ROLE"


class Privilege(StrEnum):
    ADMIN = "admin"
    ALLOWED = "allowed"
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One subject's one privilege."""

    kind: Kind
    subject: str  # "platform:id"
    privilege: Privilege
    configured: bool = False  # in config.toml: no command takes it away


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Every grant in force at one moment. Asking it costs nothing."""

    grants: frozenset[tuple[Privilege, Kind, str]]
    homes: frozenset[str]  # platforms whose every user sits at the machine itself: always admins

    def holds(self, privilege: Privilege, kind: Kind, subjects: Iterable[str]) -> bool:
        """Whether one of the subjects has the privilege."""
        return any((privilege, kind, subject) in self.grants for subject in subjects)

    def is_admin(self, account: Account, person: Person | None) -> bool:
        return account.platform in self.homes or self._person(Privilege.ADMIN, account, person)

    def is_allowed(self, account: Account, person: Person | None) -> bool:
        """Whether they may talk to Martín wherever they are."""
        return self.is_admin(account, person) or self._person(Privilege.ALLOWED, account, person)

    def is_banned(self, account: Account, person: Person | None) -> bool:
        """Admins cannot be banned: their admin grant has to be taken first."""
        return self._person(Privilege.BANNED, account, person) and not self.is_admin(account, person)

    @property
    def has_admin(self) -> bool:
        return any(privilege is Privilege.ADMIN for privilege, _, _ in self.grants)

    def _person(self, privilege: Privilege, account: Account, person: Person | None) -> bool:
        linked = person.accounts if person is not None else ()
        return self.holds(privilege, Kind.PERSON, {str(account), *map(str, linked)})


class Grants:
    """Grants, over one database and the settings' lists. Every list holds "platform:id"."""

    def __init__(
        self,
        database: Database,
        *,
        admins: Collection[str] = (),
        users: Collection[str] = (),
        groups: Collection[str] = (),
        servers: Collection[str] = (),
        roles: Collection[str] = (),
        homes: Collection[str] = ("terminal",),
    ) -> None:
        self._database = database
        self._homes = frozenset(homes)
        self._configured = frozenset(
            [(Privilege.ADMIN, Kind.PERSON, subject) for subject in admins]
            + [(Privilege.ALLOWED, Kind.PERSON, subject) for subject in users]
            + [(Privilege.ALLOWED, Kind.CHAT, subject) for subject in groups]
            + [(Privilege.ALLOWED, Kind.SERVER, subject) for subject in servers]
            + [(Privilege.ALLOWED, Kind.ROLE, subject) for subject in roles]
        )
        self._book: Book | None = None
        self._stale_at = 0.0
        self._writes = 0

    async def book(self) -> Book:
        """What holds now."""
        if self._book is not None and time.monotonic() < self._stale_at:
            return self._book
        writes, stale_at = self._writes, time.monotonic() + CACHE_SECONDS
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(grants.c.role, grants.c.kind, grants.c.subject))).all()
        granted = {(Privilege(row.role), Kind(row.kind), row.subject) for row in rows}
        book = Book(grants=self._configured | granted, homes=self._homes)
        if writes == self._writes:
            self._book, self._stale_at = book, stale_at
        return book

    async def listed(self, privilege: Privilege) -> list[Grant]:
        """Who has a privilege, the settings' first."""
        book = await self.book()
        found = [
            Grant(kind=kind, subject=subject, privilege=held, configured=(held, kind, subject) in self._configured)
            for held, kind, subject in book.grants
            if held is privilege
        ]
        return sorted(found, key=lambda grant: (not grant.configured, grant.kind, grant.subject))

    async def give(self, privilege: Privilege, kind: Kind, subject: str, *, by: PersonId | None, now: datetime) -> None:
        """Grant; granting again changes nothing. Being allowed and being banned exclude each other."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                insert_new(connection, grants)
                .values(kind=kind, subject=subject, role=privilege, granted_by=by, granted_at=now)
                .on_conflict_do_nothing()
            )
            opposites = {Privilege.ALLOWED: Privilege.BANNED, Privilege.BANNED: Privilege.ALLOWED}
            if privilege in opposites:
                await connection.execute(delete(grants).where(_is(opposites[privilege], kind, subject)))
            await note(connection, action=f"give {privilege}", who=by, now=now, detail=f"{kind} {subject}")

        await self._database.write(work)
        self._changed()

    async def take(self, privilege: Privilege, kind: Kind, subject: str, *, by: PersonId | None, now: datetime) -> bool:
        """Take a grant back. False: there was none, or only one from the settings."""

        async def work(connection: AsyncConnection) -> bool:
            gone = await connection.execute(delete(grants).where(_is(privilege, kind, subject)))
            if gone.rowcount:
                await note(connection, action=f"take {privilege}", who=by, now=now, detail=f"{kind} {subject}")
            return bool(gone.rowcount)

        taken = await self._database.write(work)
        self._changed()
        return taken

    def _changed(self) -> None:
        self._writes += 1
        self._book = None


def _is(privilege: Privilege, kind: Kind, subject: str) -> ColumnElement[bool]:
    return (grants.c.role == privilege) & (grants.c.kind == kind) & (grants.c.subject == subject)
