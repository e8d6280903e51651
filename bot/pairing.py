"""Codes: how a stranger is let in, how the first admin is made, how two accounts become one person.

Codes go to direct chats only. What a stranger's code needs (whom to tell, and where) lies with the code and goes with
it: a stranger leaves nothing else behind.
"""

import json
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog

from bot.limits import Tally
from bot.messages import Chat, ChatKind, InboundMessage
from memory.codes import CodePurpose, Codes, OneTime, TooManyCodes
from memory.grants import Grants, Kind, Privilege
from memory.people import People, Person
from memory.records import Account, Author, PersonId

LIFE = timedelta(minutes=10)
ADMIN_LIFE = timedelta(days=1)  # of the first start's code: whoever starts Martín may still have to make the bot known
GUESSES = 5  # wrong codes one account may send within `LIFE`
NAME_LENGTH = 64  # of a stranger's shown name: enough for an admin's eyes
SHOWN = 1_000  # codes remembered to be shown again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Petition:
    """A stranger who waits for an admin."""

    account: Account
    name: str  # as shown, for the admin's eyes; decides nothing
    language: str
    chat: Chat

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> "Petition":
        fields = json.loads(text)
        chat = Chat(**{**fields["chat"], "kind": ChatKind(fields["chat"]["kind"])})
        return cls(account=Account(**fields["account"]), name=fields["name"], language=fields["language"], chat=chat)


class Pairing:
    """Makes codes and takes them back. Whoever sends too many wrong ones is not listened to for a while."""

    def __init__(self, people: People, grants: Grants, codes: Codes) -> None:
        self._people = people
        self._grants = grants
        self._codes = codes
        self._shown: OrderedDict[Account, tuple[str, datetime]] = OrderedDict()
        self._guesses = Tally(limit=GUESSES, window=LIFE)

    async def first_admin_code(self, *, now: datetime) -> str | None:
        """The code whose sender becomes the admin; None where there is one. Every start makes a new one."""
        if (await self._grants.book()).has_admin:
            await self._codes.withdraw(CodePurpose.ADMIN, holder="")
            return None
        return await self._codes.issue(CodePurpose.ADMIN, life=ADMIN_LIFE, now=now)

    async def claim(self, message: InboundMessage, code: str, *, now: datetime) -> Person | None:
        """Make the sender of the first start's code an admin. None: it is not that code."""
        if not message.chat.is_direct or not await self._codes.is_open(CodePurpose.ADMIN, now=now):
            return None
        if await self._redeem(CodePurpose.ADMIN, code, by=message.author.account, now=now) is None:
            return None
        person = await self._people.resolve(message.author, now=now)
        subject = str(message.author.account)
        await self._grants.give(Privilege.ADMIN, Kind.PERSON, subject, by=person.id, now=now)
        log.info("first admin", account=subject)
        return person

    async def invite(self, message: InboundMessage, *, language: str, now: datetime) -> str | None:
        """The code a stranger shows an admin: the same one until it expires. None: too many strangers are asking."""
        account = message.author.account
        code, expires_at = self._shown.get(account, ("", now))
        if expires_at > now and await self._codes.is_open(CodePurpose.PAIR, holder=str(account), now=now):
            return code
        petition = Petition(
            account=account, name=message.author.name[:NAME_LENGTH], language=language, chat=message.chat
        )
        try:
            code = await self._codes.issue(
                CodePurpose.PAIR, life=LIFE, now=now, holder=str(account), note=petition.dump()
            )
        except TooManyCodes:
            log.warning("too many strangers ask to be paired", platform=account.platform)
            return None
        self._shown[account] = (code, now + LIFE)
        while len(self._shown) > SHOWN:
            self._shown.popitem(last=False)
        return code

    async def approve(
        self, code: str, *, by: PersonId | None, now: datetime, admin: Account | None = None
    ) -> Petition | None:
        """Let in whoever was given `code`. None: wrong, too old, used, or the admin guessed too often.

        `by` and `admin` are None where the approval comes from the machine's own command line.
        """
        found = await self._redeem(CodePurpose.PAIR, code, by=admin, now=now)
        if found is None:
            return None
        petition = Petition.load(found.note)
        await self._grants.give(Privilege.ALLOWED, Kind.PERSON, str(petition.account), by=by, now=now)
        self._shown.pop(petition.account, None)
        return petition

    async def waiting(self, *, now: datetime) -> list[Petition]:
        """Strangers whose code is still good."""
        return [Petition.load(each.note) for each in await self._codes.waiting(CodePurpose.PAIR, now=now)]

    async def link_code(self, author: Author, person: Person, *, now: datetime) -> str | None:
        """The code that another account sends to become the same person. None: too many are open."""
        holder, name = str(author.account), author.name[:NAME_LENGTH]
        try:
            return await self._codes.issue(
                CodePurpose.LINK, life=LIFE, now=now, holder=holder, person=person.id, note=name
            )
        except TooManyCodes:
            log.warning("too many codes are open", platform=author.account.platform)
            return None

    async def linked(self, code: str, person: Person, *, now: datetime, keep: bool) -> OneTime | None:
        """Whose code this is; spent unless `keep`. None: wrong, too old, used, or `person` guessed too often."""
        return await self._redeem(CodePurpose.LINK, code, by=person.id, now=now, keep=keep)

    async def _redeem(
        self, purpose: CodePurpose, code: str, *, by: Hashable, now: datetime, keep: bool = False
    ) -> OneTime | None:
        if by is not None and self._guesses.full((purpose, by), now=now):
            return None
        found = await self._codes.redeem(purpose, code, now=now, keep=keep)
        if found is None and by is not None:
            self._guesses.take((purpose, by), now=now)
        return found
