"""What every `Channel` promises to the core, tried on each implementation over its local platform."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import ChannelGone
from bot.messages import Addressing, InboundMessage, OutboundMessage
from tests.contracts.channels import STAGES, Stage, factory

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(params=sorted(STAGES))
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with factory(request.param)() as built:
        yield built


def saying(stage: Stage, text: str) -> OutboundMessage:
    return OutboundMessage(chat=stage.chat, text=text)


async def texts(stage: Stage) -> list[str]:
    return [message.text for message in await stage.shown()]


async def test_what_a_person_says_is_heard_once_with_its_author_and_place(stage: Stage) -> None:
    await stage.says("Hola, Martín")
    (heard,) = stage.heard
    assert isinstance(heard, InboundMessage)
    assert heard.text == "Hola, Martín"
    assert heard.addressing is Addressing.DIRECT
    assert heard.chat == stage.chat
    assert heard.author.account.platform == stage.channel.platform
    assert heard.sent_at.tzinfo is not None


async def test_messages_are_heard_in_the_order_they_were_said(stage: Stage) -> None:
    for number in range(5):
        await stage.says(f"número {number}")
    assert [heard.text for heard in stage.heard if isinstance(heard, InboundMessage)] == [
        f"número {number}" for number in range(5)
    ]


async def test_a_command_is_heard_as_it_was_typed(stage: Stage) -> None:
    await stage.says("/forget todo lo de ayer")
    (heard,) = stage.heard
    assert isinstance(heard, InboundMessage)
    assert heard.text == "/forget todo lo de ayer"


async def test_a_delivered_message_stands_in_the_chat(stage: Stage) -> None:
    await stage.channel.deliver(saying(stage, "Buenos días"), replacing=None, nonce="n1")
    assert await texts(stage) == ["Buenos días"]


async def test_a_delivery_that_replaces_a_message_leaves_one(stage: Stage) -> None:
    first = await stage.channel.deliver(saying(stage, "Bue"), replacing=None, nonce="n1")
    await stage.channel.deliver(saying(stage, "Buenos días"), replacing=first, nonce="n2")
    assert await texts(stage) == ["Buenos días"]


async def test_delivering_the_same_text_again_over_a_message_succeeds(stage: Stage) -> None:
    first = await stage.channel.deliver(saying(stage, "Igual"), replacing=None, nonce="n1")
    again = await stage.channel.deliver(saying(stage, "Igual"), replacing=first, nonce="n1")
    assert again == first
    assert await texts(stage) == ["Igual"]


async def test_when_the_message_to_replace_is_gone_the_text_is_sent_anew(stage: Stage) -> None:
    first = await stage.channel.deliver(saying(stage, "Bue"), replacing=None, nonce="n1")
    if not await stage.remove(first):
        pytest.skip("nothing can be removed here")
    await stage.channel.deliver(saying(stage, "Buenos días"), replacing=first, nonce="n2")
    assert await texts(stage) == ["Buenos días"]


async def test_a_reply_that_grew_stands_there_once(stage: Stage) -> None:
    held: str | None = None
    for text in ("Había", "Había una", "Había una vez"):
        held = await stage.channel.preview(saying(stage, text), replacing=held) or held
    await stage.channel.deliver(saying(stage, "Había una vez un perro."), replacing=held, nonce="n1")
    assert await texts(stage) == ["Había una vez un perro."]


async def test_thinking_leaves_no_message(stage: Stage) -> None:
    assert await stage.channel.preview(saying(stage, ""), replacing=None) is None
    assert await texts(stage) == []


async def test_a_preview_that_was_given_up_leaves_no_second_message(stage: Stage) -> None:
    preview = asyncio.create_task(stage.channel.preview(saying(stage, "Había"), replacing=None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    preview.cancel()
    await asyncio.gather(preview, return_exceptions=True)
    await stage.channel.deliver(saying(stage, "Había una vez."), replacing=None, nonce="n1")
    assert await texts(stage) == ["Había una vez."]


async def test_the_longest_message_allowed_is_shown_whole(stage: Stage) -> None:
    text = "palabra " * (stage.channel.capabilities.message_limit // 8 - 1) + "fin"
    await stage.channel.deliver(saying(stage, text), replacing=None, nonce="n1")
    assert await texts(stage) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "**negrita sin cerrar",
        "`código",
        "un_guion_bajo y * suelto",
        "List<String> y a < b && c > d",
        "🐶" * 50 + " fin",
        "שלום עולם",
    ],
)
async def test_text_that_only_looks_like_markup_is_shown_as_it_is(stage: Stage, text: str) -> None:
    await stage.channel.deliver(saying(stage, text), replacing=None, nonce="n1")
    assert await texts(stage) == [text]


async def test_deliveries_at_the_same_time_all_arrive_once(stage: Stage) -> None:
    said = [f"número {number}" for number in range(3)]
    await asyncio.gather(
        *(stage.channel.deliver(saying(stage, text), replacing=None, nonce=f"n{text}") for text in said)
    )
    assert sorted(await texts(stage)) == said


async def test_a_chat_that_is_gone_says_so(stage: Stage) -> None:
    if stage.gone is None:
        pytest.skip("no chat ever goes here")
    with pytest.raises(ChannelGone):
        await stage.channel.deliver(OutboundMessage(chat=stage.gone, text="¿Hola?"), replacing=None, nonce="n1")
