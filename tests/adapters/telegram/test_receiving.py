"""Receiving over real sockets, by polling and by webhook: nothing is acknowledged before it is safe."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from adapters.telegram.client import TelegramChannel
from bot.errors import ConfigError, StorageError
from bot.messages import Choice, Inbound, InboundMessage, InboundVote, Receipt, Verdict
from tests.adapters.telegram.stage import GROUP, SECRET, TelegramStage, running, saying, webhook_settings
from tests.fakes.telegram_server import ANA, TOKEN, TelegramServer

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as built:
        yield built


@pytest.fixture(params=["polling", "webhook"])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return webhook_settings() if request.param == "webhook" else {}


def channel(server: TelegramServer, **settings: Any) -> AbstractAsyncContextManager[TelegramChannel]:
    return TelegramChannel.open(
        **{"token": TOKEN, "api_base_url": server.url, "clock": lambda: datetime.now(UTC), **settings}
    )


def texts(stage: TelegramStage) -> list[str]:
    return [heard.text for heard in stage.heard if isinstance(heard, InboundMessage)]


async def test_an_update_is_acknowledged_only_after_it_was_handled(
    server: TelegramServer, settings: dict[str, Any]
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def handle(_: Inbound) -> Receipt:
        begun.set()
        await go_on.wait()
        return Receipt.TAKEN

    async with running(server, handle=handle, **settings):
        await server.inject("Hola")
        await begun.wait()
        await asyncio.sleep(0.1)
        assert server.acknowledged == set()
        go_on.set()
        await server.wait_for(lambda: server.acknowledged == {1})


async def test_what_was_not_handled_before_a_stop_is_delivered_again(
    server: TelegramServer, settings: dict[str, Any]
) -> None:
    begun = asyncio.Event()

    async def never(_: Inbound) -> Receipt:
        begun.set()
        await asyncio.Event().wait()
        return Receipt.TAKEN

    async with running(server, handle=never, **settings):
        await server.inject("Hola")
        await begun.wait()
    async with running(server, **settings) as stage:
        await stage.hears(1)
        assert texts(stage) == ["Hola"]


async def test_a_handler_that_fails_is_asked_again(server: TelegramServer, settings: dict[str, Any]) -> None:
    tried = []

    async def handle(inbound: Inbound) -> Receipt:
        tried.append(inbound)
        if len(tried) < 3:
            raise RuntimeError("not yet")
        return Receipt.TAKEN

    async with running(server, handle=handle, **settings):
        await server.inject("Hola")
        await server.wait_for(lambda: server.acknowledged == {1})
        assert len(tried) == 3


async def test_while_nothing_can_be_stored_updates_wait(server: TelegramServer, settings: dict[str, Any]) -> None:
    full = True
    taken = []

    async def handle(inbound: Inbound) -> Receipt:
        if full:
            raise StorageError("The disk is full.")
        taken.append(inbound)
        return Receipt.TAKEN

    async with running(server, handle=handle, **settings):
        await server.inject("Hola")
        await asyncio.sleep(0.3)
        assert server.acknowledged == set()
        full = False
        await server.wait_for(lambda: server.acknowledged == {1})
        assert len(taken) == 1


async def test_a_message_the_core_always_fails_on_does_not_stop_the_next(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.client._TRIES", (0.01, 0.01))
    heard = []

    async def handle(inbound: Inbound) -> Receipt:
        assert isinstance(inbound, InboundMessage)
        if inbound.text == "veneno":
            raise RuntimeError("always")
        heard.append(inbound.text)
        return Receipt.TAKEN

    async with running(server, handle=handle):
        await server.inject("veneno")
        await server.inject("Hola")
        await server.wait_for(lambda: server.acknowledged == {1, 2})
        assert heard == ["Hola"]


async def test_malformed_updates_are_skipped_and_later_ones_served(
    server: TelegramServer, settings: dict[str, Any]
) -> None:
    async with running(server, **settings) as stage:
        await server.inject_raw({"message": {"text": "sin chat"}})
        await server.inject_raw({"message": 7})
        await server.inject_raw({"callback_query": {"id": "1", "data": "v1:good", "message": {}}})
        await server.inject_raw({"from_the_future": {}})
        await server.inject("Hola")
        await stage.hears(1)
        await server.wait_for(lambda: len(server.acknowledged) == 5)
        assert texts(stage) == ["Hola"]


async def test_one_chat_keeps_its_order_and_does_not_hold_others_up(server: TelegramServer) -> None:
    heard = []
    go_on = asyncio.Event()

    async def handle(inbound: Inbound) -> Receipt:
        assert isinstance(inbound, InboundMessage)
        if inbound.text == "lento":
            await go_on.wait()
        heard.append(inbound.text)
        return Receipt.TAKEN

    for text, chat in (("lento", 101), ("después", 101), ("aparte", 102)):
        await server.inject(text, chat=chat)
    async with running(server, handle=handle):
        async with asyncio.timeout(5):
            while heard != ["aparte"]:  # noqa: ASYNC110  no event tells it
                await asyncio.sleep(0.01)
        go_on.set()
        await server.wait_for(lambda: len(server.acknowledged) == 3)
        assert heard == ["aparte", "lento", "después"]


@pytest.mark.parametrize("failure", ["502", "drop_before", "drop_after", "garbage", "429:1"])
async def test_polling_goes_on_after_trouble(server: TelegramServer, failure: str) -> None:
    await server.fail("getMe", failure)
    await server.fail("deleteWebhook", failure)
    await server.fail("getUpdates", failure)
    async with running(server) as stage:
        await server.inject("Hola")
        await stage.hears(1)
        await server.wait_for(lambda: server.acknowledged == {1})
        assert texts(stage) == ["Hola"]


async def test_the_environments_proxy_is_used(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with running(server, api_base_url="http://telegram.invalid") as stage:
        await stage.says("Hola")


async def test_a_webhook_left_by_somebody_else_is_removed_before_polling(server: TelegramServer) -> None:
    server.webhook = {"url": "http://127.0.0.1:9/", "secret": ""}
    async with running(server) as stage:
        await stage.says("Hola")
        assert server.webhook == {}


async def test_a_second_program_that_polls_is_told_and_outlived(server: TelegramServer) -> None:
    async with running(server) as stage, aiohttp.ClientSession() as other:
        await stage.says("Hola")
        await server.wait_for(lambda: server.acknowledged)
        async with other.post(f"{server.url}/bot{TOKEN}/getUpdates"):
            pass
        await stage.says("¿Sigues ahí?")
        assert texts(stage) == ["Hola", "¿Sigues ahí?"]


async def test_a_post_without_the_secret_is_refused(server: TelegramServer) -> None:
    settings = webhook_settings()
    update = {"update_id": 5, "message": {"text": "forjado"}}
    async with running(server, **settings) as stage, aiohttp.ClientSession() as stranger:
        await server.wait_for(lambda: server.webhook)
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"}):
            async with stranger.post(settings["webhook_url"], json=update, headers=headers) as answer:
                assert answer.status == 403
        async with stranger.get(settings["webhook_url"]) as answer:
            assert answer.status == 404
        assert stage.heard == []


@pytest.mark.parametrize(
    "wrong", [{"webhook_secret": ""}, {"webhook_url": "martin.example"}, {"webhook_listen": "8443"}]
)
async def test_a_webhook_that_cannot_work_says_why(server: TelegramServer, wrong: dict[str, str]) -> None:
    async with channel(server, **webhook_settings() | wrong) as built:
        with pytest.raises(ConfigError) as caught:
            await built.run(lambda _: asyncio.sleep(0, Receipt.TAKEN))
        assert caught.value.hint


@pytest.mark.parametrize("token", ["7000000001:AAEwrong", "", "no es un token", "a/b"])
async def test_a_token_that_is_refused_stops_the_start_and_is_never_told(server: TelegramServer, token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with channel(server, token=token) as built:
            await built.run(lambda _: asyncio.sleep(0, Receipt.TAKEN))
    assert not token or token not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_vote_is_heard_thanked_for_once_and_changeable(
    server: TelegramServer, settings: dict[str, Any]
) -> None:
    async with running(server, **settings) as stage:
        answer = int(await stage.channel.deliver(saying("Toby", votable=True), replacing=None, nonce="n"))
        query = await server.press(answer, "v1:good")
        await server.wait_for(lambda: query in server.answers)
        assert server.answers[query] == "¡Gracias! Me alegro de haber acertado."
        await server.press(answer, "v1:bad", user={**ANA, "language_code": "en"})
        await server.react(answer, "👍")
        await stage.hears(3)
        verdicts = [heard.verdict for heard in stage.heard if isinstance(heard, InboundVote)]
        assert sorted(verdicts) == sorted([Verdict.GOOD, Verdict.BAD, Verdict.GOOD])
        await server.wait_for(lambda: "Thank you, I'll bear it in mind." in server.answers.values())


async def test_a_choice_is_heard_once_and_its_buttons_go(server: TelegramServer) -> None:
    async with running(server) as stage:
        choice = Choice(label="Sí, todo", command="/forget everything yes")
        asked = saying("¿Seguro?", votable=True, choices=(choice,))
        message = int(await stage.channel.deliver(asked, replacing=None, nonce="n"))
        await server.press(message, "c1:/forget everything yes")
        await server.wait_for(lambda: len(server.sent[0].versions) == 2)
        again = await server.press(message, "c1:/forget everything yes")
        await server.wait_for(lambda: again in server.answers)
        assert texts(stage) == ["/forget everything yes"]
        assert [[button["text"] for button in row] for row in server.sent[0].markup["inline_keyboard"]] == [
            ["👍", "👎"]
        ]


async def test_forged_data_is_not_heard(server: TelegramServer) -> None:
    async with running(server) as stage:
        message = int(await stage.channel.deliver(saying("Toby", votable=True), replacing=None, nonce="n"))
        query = await server.press(message, "c1:/ban 7")
        await server.wait_for(lambda: query in server.answers)
        assert stage.heard == []


async def test_in_a_group_what_is_said_to_others_comes_marked_so(server: TelegramServer) -> None:
    async with running(server) as stage:
        await server.inject("Hola a todos", chat=GROUP)
        await stage.hears(1)
        (heard,) = stage.heard
        assert isinstance(heard, InboundMessage)
        assert heard.addressing == "none"
