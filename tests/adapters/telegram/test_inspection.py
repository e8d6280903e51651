from collections.abc import AsyncIterator

import pytest

from adapters.telegram.inspection import Finding, Level, inspect
from tests.fakes.telegram_server import TOKEN, TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as built:
        yield built


async def look(server: TelegramServer, token: str = TOKEN) -> dict[Level, list[Finding]]:
    found: dict[Level, list[Finding]] = {level: [] for level in Level}
    for finding in await inspect(token=token, api_base_url=server.url):
        found[finding.level].append(finding)
    return found


async def test_a_bot_that_works_is_named(server: TelegramServer) -> None:
    found = await look(server)
    assert "@martin_test_bot" in found[Level.FINE][0].message
    assert found[Level.FAULT] == []


async def test_privacy_mode_is_told_with_its_mend(server: TelegramServer) -> None:
    (warning,) = (await look(server))[Level.WARNING]
    assert "Privacy mode" in warning.message
    assert "/setprivacy" in warning.hint


async def test_a_webhook_in_the_way_is_told(server: TelegramServer) -> None:
    server.bot["can_read_all_group_messages"] = True
    server.webhook = {"url": "https://elsewhere.example/", "secret": ""}
    (warning,) = (await look(server))[Level.WARNING]
    assert "webhook" in warning.message


@pytest.mark.parametrize("token", ["7000000001:AAEwrong", "", "un token"])
async def test_a_wrong_token_is_a_fault_and_is_not_repeated(server: TelegramServer, token: str) -> None:
    (fault,) = (await look(server, token))[Level.FAULT]
    assert "@BotFather" in fault.hint
    assert not token or token not in fault.message + fault.hint


async def test_a_server_that_does_not_answer_is_a_fault() -> None:
    (fault,) = await inspect(token=TOKEN, api_base_url="http://127.0.0.1:9")
    assert (fault.level, "api_base_url" in fault.hint) == (Level.FAULT, True)
    assert TOKEN not in fault.message
