"""A platform in memory: the fake of the `Channel` port, held to the same contract as the real ones.

What is said to it is heard by whoever runs it; what Martín says stands in `messages`, with every text it ever had.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.channel import Handler
from bot.errors import AttachmentRefused, ChannelGone
from bot.messages import (
    Addressing,
    Attachment,
    Capabilities,
    Chat,
    ChatKind,
    Inbound,
    InboundMessage,
    OutboundMessage,
    Receipt,
)
from memory.records import Account, Author
from tests.contracts.channels import Shown

QUICK = Capabilities(
    message_limit=400,
    utf16=False,
    previews=True,
    preview_interval=timedelta(0),
    group_preview_interval=timedelta(0),
    merges=True,
    votes=True,
    private_replies=False,
)


@dataclass(slots=True)
class Sent:
    """One of Martín's messages: everything it ever read, and whether its last text is for good."""

    id: str
    chat: Chat
    versions: list[OutboundMessage] = field(default_factory=list)
    final: bool = False

    @property
    def text(self) -> str:
        return self.versions[-1].text


@dataclass(slots=True)
class FakeChannel:
    """`gone` are ids of chats that take nothing; `open` is cleared to hold every call back; `faults` are raised, one a
    call, before anything else is done.
    """

    platform: str = "telegram"
    capabilities: Capabilities = QUICK
    messages: dict[str, Sent] = field(default_factory=dict)
    typings: int = 0
    gone: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[Exception] = field(default_factory=list)
    nonces: dict[str, str] = field(default_factory=dict)
    administrators: set[tuple[str, str]] = field(default_factory=set)
    handed: asyncio.Queue[Inbound] = field(default_factory=asyncio.Queue)
    _ids: "count[int]" = field(default_factory=lambda: count(1000))

    def __post_init__(self) -> None:
        self.open.set()

    async def run(self, handle: Handler) -> None:
        while True:
            await handle(await self.handed.get())

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        await self._arrives(message)
        there = replacing if replacing in self.messages else self.nonces.get(nonce)
        sent = self._put(message, there)
        sent.final = True
        self.nonces[nonce] = sent.id
        return sent.id

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        await self._arrives(message)
        if not message.text:
            self.typings += 1
            return None
        return self._put(message, replacing).id

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        content = self.files.get(attachment.ref)
        if content is None or len(content) > limit:
            raise AttachmentRefused(f"{attachment.name} cannot be had.")
        return content

    async def administers(self, chat: Chat, user_id: str) -> bool:
        return (chat.id, user_id) in self.administrators

    async def _arrives(self, message: OutboundMessage) -> None:
        await asyncio.sleep(0.001)  # no platform answers at once
        await self.open.wait()
        if self.faults:
            raise self.faults.pop(0)
        if message.chat.id in self.gone:
            raise ChannelGone("The chat is gone.")

    def _put(self, message: OutboundMessage, there: str | None) -> Sent:
        sent = self.messages.get(there or "")
        if sent is None:
            sent = Sent(id=str(next(self._ids)), chat=message.chat)
            self.messages[sent.id] = sent
        sent.versions.append(message)
        return sent

    def shown(self, chat: Chat) -> list[Sent]:
        """Martín's messages in a chat, oldest first."""
        return [sent for sent in self.messages.values() if sent.chat.key == chat.key]


class FakeStage:
    """Ana before a platform in memory."""

    chat = Chat(platform="telegram", id="7", kind=ChatKind.DIRECT)
    gone: Chat | None = replace(chat, id="8")

    def __init__(self) -> None:
        self.channel = FakeChannel(gone={"8"})
        self.heard: list[Inbound] = []
        self._said = count(1)

    async def handle(self, inbound: Inbound) -> Receipt:
        self.heard.append(inbound)
        return Receipt.TAKEN

    async def says(self, text: str) -> None:
        before = len(self.heard)
        ana = Author(account=Account(platform="telegram", user_id="7"), name="Ana")
        self.channel.handed.put_nowait(
            InboundMessage(
                chat=self.chat,
                message_id=str(next(self._said)),
                author=ana,
                text=text,
                sent_at=datetime.now(UTC),
                addressing=Addressing.DIRECT,
            )
        )
        await until(lambda: len(self.heard) > before)

    async def shown(self) -> Sequence[Shown]:
        return [Shown(id=sent.id, text=sent.text) for sent in self.channel.shown(self.chat)]

    async def remove(self, message_id: str) -> bool:
        return self.channel.messages.pop(message_id, None) is not None


@asynccontextmanager
async def in_memory() -> AsyncIterator[FakeStage]:
    stage = FakeStage()
    running = asyncio.create_task(stage.channel.run(stage.handle))
    try:
        yield stage
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(happened: Callable[[], object], *, seconds: float = 5) -> None:
    """Wait for what has no event of its own."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.002)
