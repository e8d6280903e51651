"""The stages on which the contract suite tries Telegram, and the room other tests here build theirs from."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.telegram.client import TelegramChannel
from bot.channel import Handler
from bot.messages import Chat, ChatKind, Inbound, OutboundMessage, Receipt
from tests.contracts.channels import Shown
from tests.fakes.telegram_server import ANA, TOKEN, TelegramServer

SECRET = "a-secret-of-the-tests"
GROUP = -1001234
DIRECT = Chat(platform="telegram", id=str(ANA["id"]), kind=ChatKind.DIRECT)
IN_GROUP = Chat(platform="telegram", id=str(GROUP), kind=ChatKind.GROUP, title="El grupo")


def saying(text: str, chat: Chat = DIRECT, **more: Any) -> OutboundMessage:
    return OutboundMessage(chat=chat, text=text, **more)


@dataclass(kw_only=True)
class TelegramStage:
    """A channel that runs against its server, with a handler that takes everything."""

    channel: TelegramChannel
    server: TelegramServer
    chat: Chat = DIRECT
    gone: Chat | None = None
    heard: list[Inbound] = field(default_factory=list)
    grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, inbound: Inbound) -> Receipt:
        self.heard.append(inbound)
        async with self.grown:
            self.grown.notify_all()
        return Receipt.TAKEN

    async def hears(self, number: int, *, seconds: float = 10) -> None:
        """Until `number` things were heard in all."""
        async with asyncio.timeout(seconds), self.grown:
            await self.grown.wait_for(lambda: len(self.heard) >= number)

    async def says(self, text: str) -> None:
        before = len(self.heard)
        await self.server.inject(text)
        await self.hears(before + 1)

    async def shown(self) -> Sequence[Shown]:
        return [Shown(id=str(sent.id), text=sent.text) for sent in self.server.shown()]

    async def remove(self, message_id: str) -> bool:
        await self.server.delete(ANA["id"], int(message_id))
        return True


@asynccontextmanager
async def running(
    server: TelegramServer, *, handle: Handler | None = None, **settings: Any
) -> AsyncIterator[TelegramStage]:
    """A stage on `server`, where Ana has a chat with the bot and the group has him in it."""
    server.meet(ANA["id"], GROUP)
    async with TelegramChannel.open(
        **{"token": TOKEN, "api_base_url": server.url, "clock": lambda: datetime.now(UTC), **settings}
    ) as channel:
        stage = TelegramStage(channel=channel, server=server)
        task = asyncio.create_task(channel.run(handle or stage.take))
        try:
            yield stage
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def polling() -> AsyncIterator[TelegramStage]:
    async with TelegramServer() as server, running(server) as stage:
        server.meet(404)
        await server.block(404)
        stage.gone = Chat(platform="telegram", id="404", kind=ChatKind.DIRECT)
        yield stage


@asynccontextmanager
async def webhook() -> AsyncIterator[TelegramStage]:
    settings = webhook_settings()
    async with TelegramServer() as server, running(server, **settings) as stage:
        await server.wait_for(lambda: server.webhook)
        yield stage


@asynccontextmanager
async def without_drafts() -> AsyncIterator[TelegramStage]:
    async with TelegramServer(has_drafts=False) as server, running(server) as stage:
        yield stage


def webhook_settings() -> dict[str, Any]:
    port = free_port()
    return {
        "mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{port}/telegram",
        "webhook_listen": f"127.0.0.1:{port}",
        "webhook_secret": SECRET,
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
