"""A Discord channel running against the local Discord, and what it heard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.discord import CommandSpec, DiscordChannel
from bot.messages import Chat, ChatKind, Inbound, InboundMessage, OutboundMessage, Receipt
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Json

COMMANDS = (
    CommandSpec(name="help", descriptions={"es": "Qué sé hacer", "en": "What I can do"}),
    CommandSpec(name="memories", descriptions={"es": "Lo que recuerdo", "en": "What I remember"}, private=True),
    CommandSpec(name="status", descriptions={"es": "Cómo estoy", "en": "How I am"}, admin=True),
)


@dataclass
class Rig:
    server: DiscordServer
    channel: DiscordChannel
    heard: list[Inbound] = field(default_factory=list)
    receipt: Receipt = Receipt.TAKEN
    before: Callable[[Inbound], Awaitable[None]] | None = None  # called before the receipt: may wait or fail
    task: "asyncio.Task[None] | None" = None

    async def handle(self, inbound: Inbound) -> Receipt:
        if self.before is not None:
            await self.before(inbound)
        self.heard.append(inbound)
        return self.receipt

    async def hears(self, number: int, *, within: float = 5.0) -> Sequence[Inbound]:
        await self.server.wait_for(lambda: len(self.heard) >= number, within=within)
        return self.heard

    async def hears_message(self, number: int = 1) -> InboundMessage:
        heard = (await self.hears(number))[number - 1]
        assert isinstance(heard, InboundMessage)
        return heard


class Notes:
    """What the coordinator keeps in the database."""

    def __init__(self) -> None:
        self.text = ""

    async def load(self) -> str:
        return self.text

    async def save(self, text: str) -> None:
        self.text = text


@asynccontextmanager
async def running(
    server: DiscordServer, *, notes: Notes | None = None, commands: Sequence[CommandSpec] = (), **more: Any
) -> AsyncIterator[Rig]:
    """Connected when it is yielded, and disconnected after."""
    notes = notes or Notes()
    settings: dict[str, Any] = {"token": server.token, **more}
    channel = DiscordChannel(
        clock=lambda: datetime.now(UTC),
        load_seen=notes.load,
        save_seen=notes.save,
        commands=commands,
        api_base_url=server.api_base_url,
        gateway_url=server.gateway_url,
        **settings,
    )
    rig = Rig(server=server, channel=channel)
    sessions = server.gateway.identified
    rig.task = asyncio.create_task(channel.run(rig.handle))
    try:
        await server.wait_for(lambda: server.gateway.identified > sessions or (rig.task and rig.task.done()))
        yield rig
    finally:
        rig.task.cancel()
        await asyncio.gather(rig.task, return_exceptions=True)


def direct(channel: Json) -> Chat:
    return Chat(platform="discord", id=channel["id"], kind=ChatKind.DIRECT)


def saying(chat: Chat, text: str, **more: Any) -> OutboundMessage:
    return OutboundMessage(chat=chat, text=text, **more)
