"""The conversation core as `wiring` puts it together, on a real database, with what is far away in memory: the
platform, the model, the vector store and its embedder.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Table, select

from bot.channel import Channel
from bot.messages import Addressing, Chat, ChatKind, InboundMessage, InboundVote, Quoted, Receipt, Verdict
from bot.pairing import Pairing
from house import House
from memory.codes import Codes
from memory.database import Database
from memory.facts import Facts
from memory.forget import Forgetting
from memory.grants import Grants
from memory.hashing import HashingEmbedder
from memory.indexer import Indexer
from memory.inmemory import InMemoryStore
from memory.people import People
from memory.recall import Recall
from memory.records import Account, Author
from memory.rooms import Rooms
from memory.transcripts import Transcripts
from settings import load
from tests.fakes.channel import FakeChannel, Sent, until
from tests.fakes.databases import database_url
from tests.fakes.household import MADRID, NOW
from tests.fakes.model import ScriptedModel
from wiring import Core, wire

ANA = Account(platform="telegram", user_id="7")
LUIS = Account(platform="telegram", user_id="9")
GROUP = Chat(platform="telegram", id="-100", kind=ChatKind.GROUP)


class Clock:
    """Stands still until told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, time: timedelta) -> None:
        self.now += time


def chat_of(account: Account) -> Chat:
    return Chat(platform=account.platform, id=account.user_id, kind=ChatKind.DIRECT)


@dataclass(slots=True, kw_only=True)
class Talk:
    """People talk to Martín on one platform."""

    house: House
    core: Core
    channel: FakeChannel
    model: ScriptedModel
    clock: Clock
    _said: "count[int]" = field(default_factory=lambda: count(1))

    def message(self, text: str, account: Account = ANA, *, chat: Chat | None = None, **rest: Any) -> InboundMessage:
        place = chat or chat_of(account)
        made = InboundMessage(
            chat=place,
            message_id=str(next(self._said)),
            author=Author(account=account, name="Ana" if account == ANA else "Luis"),
            text=text,
            sent_at=self.clock.now,
            addressing=Addressing.DIRECT if place.is_direct else Addressing.MENTION,
            language="es",
        )
        return replace(made, **rest)

    async def says(self, text: str, account: Account = ANA, **rest: Any) -> Receipt:
        """Hand a message in; what comes of it goes on behind."""
        return await self.core.dispatcher.handle(self.channel, self.message(text, account, **rest))

    async def asks(self, text: str, account: Account = ANA, **rest: Any) -> str:
        """Hand a message in and wait until everything in its chat is dealt with: what was said last."""
        message = self.message(text, account, **rest)
        await self.core.dispatcher.handle(self.channel, message)
        await self.core.attendant.idle(message.chat)
        return self.shown(message.chat)[-1].text

    async def votes(
        self, verdict: Verdict, message_id: str, account: Account = ANA, *, chat: Chat | None = None
    ) -> Receipt:
        vote = InboundVote(
            chat=chat or chat_of(account),
            message_id=message_id,
            voter=Author(account=account, name="Ana"),
            verdict=verdict,
            voted_at=self.clock.now,
        )
        return await self.core.dispatcher.handle(self.channel, vote)

    async def idle(self, chat: Chat | None = None) -> None:
        await self.core.attendant.idle(chat or chat_of(ANA))

    def shown(self, chat: Chat | None = None) -> list[Sent]:
        return self.channel.shown(chat or chat_of(ANA))

    def texts(self, chat: Chat | None = None) -> list[str]:
        return [sent.text for sent in self.shown(chat)]

    @property
    def asked(self) -> list[str]:
        """What each prompt ended with."""
        return [prompt.turns[-1].text for prompt in self.model.prompts]

    async def until_asked(self, times: int) -> None:
        await until(lambda: len(self.model.prompts) >= times)

    async def rows(self, what: Table | Select[Any]) -> list[Any]:
        async with self.house.database.reading() as connection:
            return list((await connection.execute(select(what) if isinstance(what, Table) else what)).all())


def replying(sent: Sent) -> Quoted:
    return Quoted(message_id=sent.id, author=None, text=sent.text, is_mine=True)


@asynccontextmanager
async def talking(
    folder: Path,
    model: ScriptedModel,
    *,
    channel: FakeChannel | None = None,
    clock: Clock | None = None,
    store: InMemoryStore | None = None,
    **overrides: str,
) -> AsyncIterator[Talk]:
    """Martín in `folder`, open to everybody; `access_policy="pairing"` and the like override his settings.

    Opened again in the same folder, he finds what he left there.
    """
    environment = {
        "MARTIN__ACCESS__POLICY": "open",
        "MARTIN__TIMEZONE": "Europe/Madrid",
        "MARTIN__STORAGE__DATA_DIR": str(folder),
        "MARTIN__STORAGE__DATABASE_URL": database_url(folder),
    } | {f"MARTIN__{name.replace('_', '__', 1).upper()}": value for name, value in overrides.items()}
    settings = load(environ=environment)
    clock, channel = clock or Clock(), channel or FakeChannel()
    store, embedder = store or InMemoryStore(), HashingEmbedder()
    async with (
        Database.open(settings.storage.database_url) as database,
        Indexer.open(database=database, store=store, embedder=embedder, clock=clock) as indexer,
    ):
        people, codes, grants = People(database), Codes(database), Grants(database, admins=settings.access.admins)
        house = House(
            settings=settings,
            clock=clock,
            timezone=MADRID,
            database=database,
            embedder=embedder,  # type: ignore[arg-type]  # it has no model to load
            store=store,
            indexer=indexer,
            recall=Recall(store, embedder),
            people=people,
            grants=grants,
            codes=codes,
            pairing=Pairing(people, grants, codes),
            rooms=Rooms(database),
            transcripts=Transcripts(database),
            facts=Facts(database),
            forgetting=Forgetting(database, store=store, indexer=indexer, forgotten=people.changed),
        )
        channels: dict[str, Channel] = {channel.platform: channel}
        core = wire(house, model, channels)  # type: ignore[arg-type]  # /model is tried elsewhere
        async with core.lanes.open():
            await core.resuming.resume(channel)
            yield Talk(house=house, core=core, channel=channel, model=model, clock=clock)
