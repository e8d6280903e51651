"""The whole house in this process, between a strict platform and a strict model server, all over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.discord import Discord
from tests.e2e.opened import MODEL, PATIENCE, environment, serving
from tests.fakes.discord_server import DiscordServer
from tests.fakes.ollama_server import Behaviour, OllamaServer
from tests.fakes.telegram_server import ANA, TOKEN, Sent, TelegramServer


class Telegram:
    """Ana talks to Martín on Telegram; `model` is what he answers with."""

    def __init__(self, server: TelegramServer, model: OllamaServer, folder: Path) -> None:
        self.server = server
        self.model = model
        self._folder = folder
        self._stack = AsyncExitStack()

    async def start(self, **overrides: str) -> None:
        """Open the house: `access_policy="pairing"` and the like override its settings."""
        variables = environment(self._folder, self.model, **overrides) | leading_to(self.server)
        await self._stack.enter_async_context(serving(variables))

    async def stop(self) -> None:
        """Close it, as a supervisor would."""
        await self._stack.aclose()

    async def says(self, text: str, *, chat: int = ANA["id"], seconds: float = PATIENCE) -> Sent:
        """Write `text` and wait for the whole reply: its last message, with the buttons where it is an answer."""
        before = self.answers(chat)
        await self.server.inject(text, chat=chat)
        await self.until(lambda: len(self.answers(chat)) > len(before), seconds=seconds)
        return self.answers(chat)[-1]

    async def until(self, condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
        await self.server.wait_for(condition, seconds=seconds)

    def answers(self, chat: int = ANA["id"]) -> list[Sent]:
        """Martín's finished answers: those that can be voted on."""
        return [sent for sent in self.server.shown(chat) if sent.markup.get("inline_keyboard")]

    def texts(self, chat: int = ANA["id"]) -> list[str]:
        return [sent.text for sent in self.server.shown(chat)]


def leading_to(server: TelegramServer) -> dict[str, str]:
    """The settings that lead to a Telegram."""
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "MARTIN__TELEGRAM__API_BASE_URL": server.url,
        "TELEGRAM_WEBHOOK_SECRET": "a-long-random-word",
    }


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with TelegramServer() as server, OllamaServer(MODEL, behaviour=Behaviour()) as model:
        talk = Telegram(server, model, tmp_path)
        try:
            yield talk
        finally:
            async with asyncio.timeout(60):
                await talk.stop()


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncIterator[Discord]:
    async with DiscordServer.open() as server, OllamaServer(MODEL, behaviour=Behaviour()) as model:
        talk = Discord(server, model, tmp_path)
        try:
            yield talk
        finally:
            async with asyncio.timeout(60):
                await talk.stop()
