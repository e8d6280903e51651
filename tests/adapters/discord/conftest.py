"""One local Discord a test."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.discord_server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer.open() as opened:
        yield opened
