"""Who may speak to Martín, and whether what they said is for him.

`decide` is pure. `Access` looks up what it needs to know, and writes a person down only once they are let in: a refused
message leaves nothing here. Identity is the account's id, never a name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.i18n import say, supported
from bot.limits import Tally
from bot.messages import Addressing, Chat, Inbound, InboundMessage, InboundVote
from bot.pairing import LIFE, Pairing
from memory.codes import resembles
from memory.grants import Book, Grants, Kind, Privilege
from memory.people import People, Person
from memory.records import Author
from memory.rooms import Rooms

_CODE_SENT = re.compile(r"/(?:pair|start)(?:@\w+)?\s+(\S+)\s*", re.IGNORECASE)


class Policy(StrEnum):
    PAIRING = "pairing"  # a stranger gets a code that an admin approves
    ALLOWLIST = "allowlist"  # only who is on a list
    OPEN = "open"  # everybody who is not banned


class Ruling(StrEnum):
    ANSWER = "answer"  # he may speak, and it is for Martín
    LISTEN = "listen"  # not for Martín, but the group lets him listen: remembered, not answered
    STRANGER = "stranger"  # refused; may be paired
    CLOSED = "closed"  # refused: not on the list
    UNINVITED = "uninvited"  # refused: nobody allowed this group
    CLAIMED = "claimed"  # it was the first start's code, and its sender is an admin now: dealt with
    IGNORE = "ignore"  # refused without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of something inbound.

    `person` is known for ANSWER and LISTEN. `language` is theirs, or the best guess while theirs is not known. `notice`
    is what to tell whoever was refused; empty for silence.
    """

    ruling: Ruling
    language: str
    person: Person | None = None
    is_admin: bool = False
    notice: str = ""

    @property
    def is_refused(self) -> bool:
        return self.ruling not in (Ruling.ANSWER, Ruling.LISTEN)


def decide(
    *,
    author: Author,
    person: Person | None,
    chat: Chat,
    roles: Sequence[str],
    addressing: Addressing,
    book: Book,
    policy: Policy,
    listens: bool,
) -> Ruling:
    """Whether `author` may speak here, and whether this is for Martín. Bans win over everything but being admin."""
    account = author.account
    if author.is_bot:  # two bots that answer each other never stop
        return Ruling.IGNORE
    is_admin = book.is_admin(account, person)
    if book.is_banned(account, person) or (_held(Privilege.BANNED, chat, roles, book) and not is_admin):
        return Ruling.IGNORE
    here = policy is Policy.OPEN or _held(Privilege.ALLOWED, chat, roles, book)
    admitted = here or book.is_allowed(account, person)
    if chat.is_direct:
        if admitted:
            return Ruling.ANSWER
        return Ruling.STRANGER if policy is Policy.PAIRING else Ruling.CLOSED
    if addressing is Addressing.NONE:
        wanted = listens and here and (person is None or person.remembers)
        return Ruling.LISTEN if wanted else Ruling.IGNORE
    return Ruling.ANSWER if admitted else Ruling.UNINVITED


def _held(privilege: Privilege, chat: Chat, roles: Sequence[str], book: Book) -> bool:
    if chat.is_direct:
        return False
    return (
        book.holds(privilege, Kind.CHAT, [f"{chat.platform}:{chat.id}"])
        or book.holds(privilege, Kind.SERVER, [f"{chat.platform}:{chat.server_id}"])
        or book.holds(privilege, Kind.ROLE, [f"{chat.platform}:{role}" for role in roles])
    )


class Access:
    """The door: one question to one decision."""

    def __init__(
        self, *, people: People, grants: Grants, pairing: Pairing, rooms: Rooms, policy: Policy, language: str
    ) -> None:
        self._people = people
        self._grants = grants
        self._pairing = pairing
        self._rooms = rooms
        self._policy = policy
        self._language = language
        self._invited = Tally(limit=2, window=timedelta(minutes=1))  # a stranger who writes a lot is not answered a lot
        self._turned_away = Tally(limit=1, window=timedelta(days=1))

    async def check(self, inbound: Inbound, *, now: datetime) -> Decision:
        """Decide on a message, a vote or a correction. Makes a person of an account that is let in, of no other."""
        author = inbound.voter if isinstance(inbound, InboundVote) else inbound.author
        message = inbound if isinstance(inbound, InboundMessage) else None
        chat = inbound.chat
        addressing = message.addressing if message else Addressing.REPLY
        overheard = addressing is Addressing.NONE and not chat.is_direct
        if author.is_bot:
            return Decision(ruling=Ruling.IGNORE, language=self._language)
        listens = overheard and (await self._rooms.get(chat.platform, chat.id)).listens
        if overheard and not listens:
            return Decision(ruling=Ruling.IGNORE, language=self._language)
        book = await self._grants.book()
        person = await self._people.find(author.account)
        language = self._speaks(person, message)
        ruling = decide(
            author=author,
            person=person,
            chat=chat,
            roles=inbound.roles,
            addressing=addressing,
            book=book,
            policy=self._policy,
            listens=listens,
        )
        if message is not None and ruling is not Ruling.IGNORE and not book.is_admin(author.account, person):
            new_admin = await self._claimed(message, now=now)
            if new_admin is not None:
                notice = say(language, "access-now-admin")
                return Decision(ruling=Ruling.CLAIMED, language=language, notice=notice)
        if ruling in (Ruling.ANSWER, Ruling.LISTEN):
            person = await self._people.resolve(author, now=now)
            return Decision(
                ruling=ruling, language=language, person=person, is_admin=book.is_admin(author.account, person)
            )
        notice = "" if message is None else await self._notice(ruling, message, language, now=now)
        return Decision(ruling=ruling, language=language, notice=notice)

    def _speaks(self, person: Person | None, message: InboundMessage | None) -> str:
        if person is not None and person.language:
            return person.language
        return supported(message.language if message else "", default=self._language)

    async def _claimed(self, message: InboundMessage, *, now: datetime) -> Person | None:
        sent = _CODE_SENT.fullmatch(message.text)
        code = sent[1] if sent else message.text.strip()
        return await self._pairing.claim(message, code, now=now) if resembles(code) else None

    async def _notice(self, ruling: Ruling, message: InboundMessage, language: str, *, now: datetime) -> str:
        if ruling is Ruling.STRANGER and self._invited.take(message.author.account, now=now):
            code = await self._pairing.invite(message, language=language, now=now)
            minutes = int(LIFE.total_seconds() // 60)
            return "" if code is None else say(language, "access-pairing-code", code=code, minutes=minutes)
        if ruling is Ruling.CLOSED and self._turned_away.take(message.author.account, now=now):
            return say(language, "access-closed")
        if ruling is Ruling.UNINVITED and self._turned_away.take((message.chat.platform, message.chat.id), now=now):
            return say(language, "access-group-not-allowed")
        return ""
