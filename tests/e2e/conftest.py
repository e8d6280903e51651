"""The whole house in this process, between a strict platform and a strict model server, all over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

import main
import settings
from tests.fakes.ollama_server import Behaviour, OllamaServer
from tests.fakes.telegram_server import ANA, TOKEN, Sent, TelegramServer

MODEL = "martin-test"


class Telegram:
    """Ana talks to Martín on Telegram; `model` is what he answers with."""

    def __init__(self, server: TelegramServer, model: OllamaServer, folder: Path) -> None:
        self.server = server
        self.model = model
        self._folder = folder
        self._stack = AsyncExitStack()

    async def start(self, **overrides: str) -> None:
        """Open the house: `access_policy="pairing"` and the like override its settings."""
        environment = {
            "TELEGRAM_TOKEN": TOKEN,
            "MARTIN__TELEGRAM__API_BASE_URL": self.server.url,
            "TELEGRAM_WEBHOOK_SECRET": "a-long-random-word",
            "MARTIN__MODEL__PROVIDER": "ollama",
            "MARTIN__MODEL__BASE_URL": self.model.url,
            "MARTIN__MODEL__NAME": MODEL,
            "MARTIN__MODEL__PULL": "false",
            "MARTIN__ACCESS__POLICY": "open",
            "MARTIN__TIMEZONE": "Europe/Madrid",
            "MARTIN__STORAGE__DATA_DIR": str(self._folder / "data"),
        } | {f"MARTIN__{name.replace('_', '__', 1).upper()}": value for name, value in overrides.items()}
        await self._stack.enter_async_context(serving(environment))

    async def stop(self) -> None:
        """Close it, as a supervisor would."""
        await self._stack.aclose()

    async def says(self, text: str, *, chat: int = ANA["id"], seconds: float = 30) -> Sent:
        """Write `text` and wait for the whole reply: its last message, with the buttons where it is an answer."""
        before = self.answers(chat)
        await self.server.inject(text, chat=chat)
        await self.until(lambda: len(self.answers(chat)) > len(before), seconds=seconds)
        return self.answers(chat)[-1]

    async def until(self, condition: Callable[[], object], *, seconds: float = 30) -> None:
        await self.server.wait_for(condition, seconds=seconds)

    def answers(self, chat: int = ANA["id"]) -> list[Sent]:
        """Martín's finished answers: those that can be voted on."""
        return [sent for sent in self.server.shown(chat) if sent.markup.get("inline_keyboard")]

    def texts(self, chat: int = ANA["id"]) -> list[str]:
        return [sent.text for sent in self.server.shown(chat)]


@asynccontextmanager
async def serving(environment: Mapping[str, str]) -> AsyncIterator[None]:
    """The house with these settings. A receiver that fails fails the test."""
    async with main.serving(settings.load(environ=environment), terminal=False) as receiving:
        yield
        for task in receiving:
            if task.done():
                task.result()


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Telegram]:
    async with TelegramServer() as server, OllamaServer(MODEL, behaviour=Behaviour()) as model:
        talk = Telegram(server, model, tmp_path)
        try:
            yield talk
        finally:
            async with asyncio.timeout(60):
                await talk.stop()
