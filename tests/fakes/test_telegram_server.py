"""The server that everything about Telegram is tried against must itself be as strict as Telegram."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram_rules import FloodLimits
from tests.fakes.telegram_server import ANA, TOKEN, TelegramServer


class Bot:
    """The barest client: what it is told it sends, what it gets it shows."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(self, method: str, token: str = TOKEN, **parameters: Any) -> dict[str, Any]:
        async with self._session.post(f"{self._url}/bot{token}/{method}", json=parameters) as answer:
            found: dict[str, Any] = await answer.json()
            assert answer.status == found.get("error_code", 200)
            return found


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as built:
        built.meet(ANA["id"], -5)
        yield built


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        yield Bot(session, server.url)


BOLD = {"type": "bold", "offset": 0, "length": 2}
REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n "}, "message text is empty"),
    ({"text": "🐶" * 2049}, "message is too long"),
    ({"text": "<b>hola", "parse_mode": "HTML"}, "can't parse entities: Can't find end tag corresponding to start tag"),
    (
        {"text": "a_b", "parse_mode": "MarkdownV2"},
        "can't parse entities: Can't find end of Italic entity at byte offset 1",
    ),
    ({"text": "hola", "entities": [{**BOLD, "length": 9}]}, "ends after the end of the text at UTF-16 offset 4"),
    ({"text": "🐶", "entities": [{**BOLD, "offset": 1, "length": 1}]}, "entity begins in a middle of a UTF-16 symbol"),
    ({"text": "a", "entities": [{"type": "text_link", "offset": 0, "length": 1, "url": "x"}]}, "Wrong HTTP URL"),
    (
        {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "ñ" * 33}]]}},
        "BUTTON_DATA_INVALID",
    ),
    ({"text": "a", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
    ({"text": "a", "chat_id": 6}, "chat not found"),
]


@pytest.mark.parametrize(("parameters", "words"), REFUSALS)
async def test_what_telegram_refuses_is_refused_in_its_words(
    bot: Bot, server: TelegramServer, parameters: dict[str, Any], words: str
) -> None:
    answer = await bot("sendMessage", **{"chat_id": ANA["id"], **parameters})
    assert answer["error_code"] == 400
    assert words.lower() in answer["description"].lower()
    assert server.sent == []


async def test_an_edit_to_the_same_is_refused_and_one_to_nothing_too(bot: Bot) -> None:
    sent = await bot("sendMessage", chat_id=ANA["id"], text="Toby")
    place = {"chat_id": ANA["id"], "message_id": sent["result"]["message_id"]}
    assert "message is not modified" in (await bot("editMessageText", **place, text="Toby"))["description"]
    assert (await bot("editMessageText", **place, text="Toby."))["ok"]
    gone = await bot("editMessageText", chat_id=ANA["id"], message_id=999, text="x")
    assert gone["description"] == "Bad Request: message to edit not found"


async def test_an_update_comes_again_until_the_offset_passes_it(bot: Bot, server: TelegramServer) -> None:
    await server.inject("uno")
    await server.inject("dos")
    for _ in range(2):
        assert [update["update_id"] for update in (await bot("getUpdates"))["result"]] == [1, 2]
    assert [update["update_id"] for update in (await bot("getUpdates", offset=2))["result"]] == [2]
    assert (await bot("getUpdates", offset=3))["result"] == []


async def test_a_long_poll_ends_as_soon_as_something_comes(bot: Bot, server: TelegramServer) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    await server.inject("hola")
    async with asyncio.timeout(2):
        assert len((await poll)["result"]) == 1


async def test_only_one_may_poll(bot: Bot) -> None:
    first = asyncio.create_task(bot("getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    assert (await bot("getUpdates"))["ok"]
    assert (await first)["error_code"] == 409


@pytest.mark.parametrize(
    ("limits", "chat", "fit"),
    [
        (FloodLimits(), ANA["id"], 3),
        (FloodLimits(chat_burst=99), -5, 20),
        (FloodLimits(chat_burst=99), ANA["id"], 30),
    ],
)
async def test_too_many_calls_are_told_to_wait(
    bot: Bot, server: TelegramServer, limits: FloodLimits, chat: int, fit: int
) -> None:
    server.limits = limits
    answers = [await bot("sendMessage", chat_id=chat, text=str(number)) for number in range(fit + 1)]
    assert [answer["ok"] for answer in answers] == [True] * fit + [False]
    assert answers[-1]["error_code"] == 429
    assert answers[-1]["parameters"]["retry_after"] >= 1


async def test_a_wrong_token_and_an_unknown_method_are_told_apart(bot: Bot, server: TelegramServer) -> None:
    assert (await bot("getMe", token="1:wrong"))["error_code"] == 401
    assert (await bot("getMe", token="wrong"))["error_code"] == 404
    server.has_drafts = False
    assert (await bot("sendMessageDraft", chat_id=ANA["id"], draft_id=1, text="x"))["error_code"] == 404


async def test_as_a_program_it_is_driven_over_http() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.telegram_server", "--limits", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        told = json.loads(await program.stdout.readline())
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{told['url']}/control/inject", json={"text": "hola"}) as answer:
                assert answer.status == 200
            bot = Bot(session, told["url"])
            (update,) = (await bot("getUpdates"))["result"]
            await bot("sendMessage", chat_id=update["message"]["chat"]["id"], text="Hola, Ana")
            async with session.get(f"{told['url']}/control/record") as answer:
                (sent,) = (await answer.json())["sent"]
        assert [version["text"] for version in sent["versions"]] == ["Hola, Ana"]
    finally:
        program.terminate()
        await program.wait()
