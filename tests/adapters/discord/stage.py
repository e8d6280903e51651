"""Discord's stage for the contract suite."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.channel import Channel
from bot.messages import Chat, Inbound
from tests.adapters.discord.rig import Rig, direct, running
from tests.contracts.channels import Shown, Stage
from tests.fakes.discord_server import DiscordServer
from tests.fakes.discord_world import Json


class DiscordStage:
    def __init__(self, rig: Rig, server: DiscordServer, person: Json, place: Json, gone: Json) -> None:
        self._rig = rig
        self._server = server
        self._person = person
        self._place = place
        self.channel: Channel = rig.channel
        self.chat: Chat = direct(place)
        self.heard: list[Inbound] = rig.heard
        self.gone: Chat | None = direct(gone)

    async def says(self, text: str) -> None:
        known = len(self.heard)
        self._server.inject(self._place, self._person, text)
        await self._rig.hears(known + 1)

    async def shown(self) -> Sequence[Shown]:
        await asyncio.sleep(0.05)  # what is on its way, such as "typing…", arrives
        return [Shown(id=message["id"], text=message["content"]) for message in self._server.mine(self._place)]

    async def remove(self, message_id: str) -> bool:
        self._server.remove(message_id)
        return True


@asynccontextmanager
async def connected() -> AsyncIterator[Stage]:
    async with DiscordServer.open() as server, running(server) as rig:
        ana, luis = server.world.add_user("Ana"), server.world.add_user("Luis")
        place, gone = server.world.open_dm(ana), server.world.open_dm(luis)
        server.world.closed.add(gone["id"])
        yield DiscordStage(rig, server, ana, place, gone)
