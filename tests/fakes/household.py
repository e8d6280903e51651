"""A house with real people, grants, codes and memories on a real database, and honest stand-ins for what is far away:
the platforms, the models, the vector store and whatever forgets.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from bot.access import Access, Decision, Policy
from bot.commands.call import Answer, HouseStatus, Services
from bot.commands.registry import Commands
from bot.errors import ModelMissing
from bot.messages import Addressing, Chat, ChatKind, Inbound, InboundMessage
from bot.model import Listed, Progress
from bot.pairing import Pairing
from memory.audit import Audit
from memory.codes import Codes
from memory.database import Database
from memory.export import PersonExport, export_person
from memory.grants import Grants
from memory.notebook import Notebook
from memory.people import People, Person
from memory.records import Account, Author, Memory, PersonId, Scope, TurnId
from memory.rooms import Rooms
from memory.schema import conversations
from tests.fakes.databases import database_url

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)  # a Wednesday
MADRID = ZoneInfo("Europe/Madrid")
GROUP = Chat(platform="telegram", id="-100", kind=ChatKind.GROUP, title="La peña")
CHANNEL = Chat(platform="discord", id="50", kind=ChatKind.GROUP, server_id="5")
OWNER = Account(platform="telegram", user_id="1")  # admin by configuration


def direct(account: Account) -> Chat:
    return Chat(platform=account.platform, id=f"dm{account.user_id}", kind=ChatKind.DIRECT)


def author(account: Account, *, name: str = "Ana", is_bot: bool = False) -> Author:
    return Author(account=account, name=name, is_bot=is_bot)


def telegram(user_id: str) -> Account:
    return Account(platform="telegram", user_id=user_id)


def discord(user_id: str) -> Account:
    return Account(platform="discord", user_id=user_id)


_numbers = iter(range(1, 10**9))


def message(
    text: str,
    account: Account,
    *,
    chat: Chat | None = None,
    name: str = "Ana",
    addressing: Addressing = Addressing.DIRECT,
    **rest: object,
) -> InboundMessage:
    """A message of an account, in its direct chat unless another chat is named."""
    return InboundMessage(
        chat=chat or direct(account),
        message_id=str(next(_numbers)),
        author=author(account, name=name),
        text=text,
        sent_at=NOW,
        addressing=addressing,
        **rest,  # type: ignore[arg-type]
    )


@dataclass(slots=True)
class Town:
    """The platforms and the conversations: who administers which group, what was told to whom."""

    administrators: set[tuple[str, str]] = field(default_factory=set)  # (chat id, user id)
    told: list[tuple[Chat, str]] = field(default_factory=list)
    answering: bool = False
    asked_before: bool = False
    retried: list[InboundMessage] = field(default_factory=list)

    async def administers(self, chat: Chat, user_id: str) -> bool:
        return (chat.id, user_id) in self.administrators

    async def tell(self, chat: Chat, text: str) -> None:
        self.told.append((chat, text))

    async def stop(self, _chat: Chat) -> bool:
        was, self.answering = self.answering, False
        return was

    async def retry(self, again: InboundMessage) -> bool:
        if self.asked_before:
            self.retried.append(again)
        return self.asked_before


@dataclass(slots=True)
class Oblivion:
    """Notes down what is to be forgotten."""

    asked: list[dict[str, object]] = field(default_factory=list)
    persons: list[PersonId] = field(default_factory=list)

    async def some(
        self,
        *,
        person: PersonId,
        scope: Scope,
        turns: tuple[TurnId, ...] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        now: datetime,
    ) -> int:
        self.asked.append({"person": person, "scope": scope, "turns": turns, "since": since, "until": until})
        return len(turns) or 2

    async def person(self, person: PersonId, *, now: datetime) -> int:
        self.persons.append(person)
        return 7


@dataclass(slots=True)
class Shelf:
    """Two models; a third can be pulled; any other is missing."""

    chosen: str = "gemma3:4b"
    names: tuple[str, ...] = ("gemma3:4b", "qwen3:1.7b")

    async def list(self) -> Sequence[Listed]:
        return [Listed(name=name, size=3_300_000_000, chosen=name == self.chosen) for name in self.names]

    async def choose(self, name: str) -> AsyncGenerator[Progress, None]:
        if name not in ("qwen3:1.7b", "phi4:latest"):
            raise ModelMissing(f"There is no model {name!r}.", hint="See ollama.com/library.")
        for part in range(3):
            yield Progress(status="pulling", completed=part * 500_000_000, total=1_000_000_000)
        self.chosen = name

    async def update(self) -> AsyncGenerator[Progress, None]:
        yield Progress(status="trying")


@dataclass(slots=True, kw_only=True)
class Household:
    """Everything that commands and the door need, over one database."""

    database: Database
    people: People
    grants: Grants
    codes: Codes
    pairing: Pairing
    rooms: Rooms
    access: Access
    town: Town
    oblivion: Oblivion
    models: Shelf
    indexed: list[Memory]
    commands: Commands

    async def check(self, inbound: Inbound, *, now: datetime = NOW) -> Decision:
        return await self.access.check(inbound, now=now)

    async def meet(self, account: Account, *, name: str = "Ana", language: str = "es") -> Person:
        """A person whom Martín knows, and whose language he knows."""
        person = await self.people.resolve(author(account, name=name), now=NOW)
        await self.people.set_language(person.id, language, chosen=True)
        return await self.people.resolve(author(account, name=name), now=NOW)

    async def run(self, said: InboundMessage, *, now: datetime = NOW) -> list[Answer]:
        """All answers of a command, the last one being what stays."""
        person = await self.people.resolve(said.author, now=now)
        running = self.commands.run(
            said,
            person=person,
            language=person.language or "es",
            now=now,
            conversations=self.town,
            platforms=self.town,
        )
        return [answer async for answer in running]

    async def ask(self, text: str, account: Account, **rest: object) -> Answer:
        """The last answer of a command, said in the account's direct chat unless another chat is named."""
        said = message(text, account, **rest)  # type: ignore[arg-type]
        await self.visit(said.chat)
        return (await self.run(said))[-1]

    async def visit(self, chat: Chat) -> None:
        """Write down the conversation's row, as the inbox does before a command runs."""
        if chat.key in self._visited:
            return
        self._visited.add(chat.key)
        async with self.database.writing() as connection:
            await connection.execute(
                insert(conversations).values(
                    key=chat.key, platform=chat.platform, chat_id=chat.id, kind=chat.kind, created_at=NOW
                )
            )

    _visited: set[str] = field(default_factory=set)


@asynccontextmanager
async def household(folder: Path, *, policy: Policy = Policy.PAIRING, **lists: object) -> AsyncIterator[Household]:
    """A house in `folder`, with OWNER as its admin unless `admins` says otherwise."""
    async with Database.open(database_url(folder)) as database:
        people, codes, rooms = People(database), Codes(database), Rooms(database)
        grants = Grants(database, **{"admins": [str(OWNER)], **lists})  # type: ignore[arg-type]
        pairing = Pairing(people, grants, codes)
        oblivion, models, indexed = Oblivion(), Shelf(), []

        async def export(person: PersonId, now: datetime) -> PersonExport:
            return await export_person(database, person, now=now)

        async def status() -> HouseStatus:
            return HouseStatus(
                started_at=datetime(2026, 5, 19, 8, 30, tzinfo=UTC),
                provider="ollama",
                model=models.chosen,
                adapter="",
                answering=1,
                waiting=4,
                people=3,
                turns=120,
                memories=118,
                messages_today=9,
                last_nightly=None,
                disk_free=5 * 2**30,
            )

        yield Household(
            database=database,
            people=people,
            grants=grants,
            codes=codes,
            pairing=pairing,
            rooms=rooms,
            access=Access(people=people, grants=grants, pairing=pairing, rooms=rooms, policy=policy, language="es"),
            town=Town(),
            oblivion=oblivion,
            models=models,
            indexed=indexed,
            commands=Commands(
                Services(
                    people=people,
                    grants=grants,
                    pairing=pairing,
                    rooms=rooms,
                    notebook=Notebook(database),
                    audit=Audit(database),
                    forgetting=oblivion,
                    models=models,
                    export=export,
                    index=indexed.append,
                    status=status,
                    timezone=MADRID,
                    name="Martín",
                )
            ),
        )
