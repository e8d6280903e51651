"""The local Discord itself: that it refuses what Discord refuses, so that the other tests mean something."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_server import DiscordServer, Limits

pytestmark = pytest.mark.timeout(30)


class Caller:
    """Plain HTTP, as a bot that is not discord.py would speak it."""

    def __init__(self, server: DiscordServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http

    async def __call__(self, method: str, path: str, *, token: str | None = None, **body: Any) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bot {token or self.server.token}"}
        url = self.server.api_base_url + path
        async with self.http.request(method, url, headers=headers, json=body or None) as response:
            return response.status, await response.json() if response.status != 204 else None, response.headers


@pytest.fixture
async def call(server: DiscordServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        yield Caller(server, http)


@pytest.fixture
def path(server: DiscordServer) -> str:
    return f"/channels/{server.world.open_dm(server.world.add_user('Ana'))['id']}/messages"


async def test_a_wrong_token_is_refused(call: Caller, path: str) -> None:
    status, body, headers = await call("POST", path, token="x", content="hola")
    assert (status, body["code"]) == (401, 0)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"content": "x" * 2001}, 50035),
        ({"content": " \n"}, 50006),
        ({"content": "a", "nonce": "n" * 26}, 50035),
        ({"content": "a", "message_reference": {"message_id": "1"}}, 50035),
        ({"content": "a", "components": [{"type": 1, "components": []}]}, 50035),
    ],
)
async def test_messages_that_discord_refuses_are_refused(call: Caller, path: str, message: Any, code: int) -> None:
    status, body, _ = await call("POST", path, **message)
    assert (status, body["code"]) == (400, code)


async def test_the_same_nonce_makes_one_message_only_where_that_is_asked(call: Caller, path: str) -> None:
    first = await call("POST", path, content="a", nonce="n", enforce_nonce=True)
    again = await call("POST", path, content="a", nonce="n", enforce_nonce=True)
    other = await call("POST", path, content="a", nonce="n")
    assert first[1]["id"] == again[1]["id"] != other[1]["id"]


async def test_too_much_in_a_channel_is_refused_with_discords_headers(
    server: DiscordServer, call: Caller, path: str
) -> None:
    server.limits = Limits(per_channel=True)
    answers = [await call("POST", path, content="a") for _ in range(6)]
    assert [status for status, _, _ in answers] == [200] * 5 + [429]
    assert [headers["X-RateLimit-Remaining"] for _, _, headers in answers[:5]] == ["4", "3", "2", "1", "0"]
    _, body, headers = answers[-1]
    assert 0 < body["retry_after"] <= 5
    assert body["global"] is False
    assert headers["Via"]


async def test_too_much_in_all_is_refused_for_everything_but_interactions(
    server: DiscordServer, call: Caller, path: str
) -> None:
    server.limits = Limits(in_all=3)
    answers = [await call("POST", path, content="a") for _ in range(4)]
    assert answers[-1][1]["global"] is True
    assert (await call("POST", "/interactions/1/x/callback", type=5))[0] == 404


async def test_an_interaction_is_answered_once_and_within_three_seconds(server: DiscordServer, call: Caller) -> None:
    ana = server.world.add_user("Ana")
    dm = server.world.open_dm(ana)
    await call("PUT", "/applications/1/commands")
    server.commands = [{"id": "1", "name": "help"}]
    prompt, late = server.command(dm, ana, "help"), server.command(dm, ana, "help")
    assert (await call("POST", f"/interactions/{prompt.id}/{prompt.token}/callback", type=5))[0] == 200
    assert (await call("POST", f"/interactions/{prompt.id}/{prompt.token}/callback", type=5))[1]["code"] == 40060
    await asyncio.sleep(3.05)
    assert late.failed
    assert (await call("POST", f"/interactions/{late.id}/{late.token}/callback", type=5))[1]["code"] == 10062


@pytest.mark.parametrize(
    ("token", "intents", "allowed", "closed"),
    [("x", 1, True, 4004), ("", 1 << 40, True, 4013), ("", 1 << 15, False, 4014), ("", 1 << 1, True, 4014)],
)
async def test_sessions_that_discord_refuses_are_closed(
    server: DiscordServer, call: Caller, token: str, intents: int, allowed: bool, closed: int
) -> None:
    server.gateway.content_allowed = allowed
    async with call.http.ws_connect(server.gateway_url) as ws:
        assert (await ws.receive_json())["op"] == 10
        asked = {"token": token or server.token, "intents": intents, "properties": {}}
        await ws.send_str(json.dumps({"op": 2, "d": asked}))
        await ws.receive()
        assert ws.close_code == closed


async def test_without_the_intent_other_peoples_words_are_empty(server: DiscordServer, call: Caller) -> None:
    ana, guild = server.world.add_user("Ana"), server.world.add_guild()
    server.world.join(guild, ana)
    general = server.world.add_channel(guild)
    async with call.http.ws_connect(server.gateway_url) as ws:
        await ws.receive()
        asked = {"token": server.token, "intents": 1 << 9, "properties": {}}
        await ws.send_str(json.dumps({"op": 2, "d": asked}))
        assert (await ws.receive_json())["t"] == "READY"  # and no server: nobody asked for those
        server.inject(general, ana, "secreto")
        server.inject(general, ana, f"<@{server.world.me['id']}> hola")
        heard = [(await ws.receive_json())["d"]["content"] for _ in range(2)]
    assert heard == ["", f"<@{server.world.me['id']}> hola"]
