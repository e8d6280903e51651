"""A chat at a keyboard, seen through an emulated terminal."""

from collections.abc import AsyncIterator

import pytest
from prompt_toolkit.data_structures import Size

from bot.messages import Choice, InboundMessage, InboundVote, OutboundMessage, Receipt, Verdict
from tests.adapters.console.stage import ConsoleStage, keyboard, until

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
async def stage() -> AsyncIterator[ConsoleStage]:
    async with keyboard() as built:
        yield built


def say(stage: ConsoleStage, text: str, *, votable: bool = False) -> OutboundMessage:
    return OutboundMessage(chat=stage.chat, text=text, votable=votable)


async def seen(stage: ConsoleStage, text: str) -> None:
    await until(lambda: text in "\n".join(stage.screen.rows))


async def test_reply_grows_in_place_while_a_person_goes_on_typing(stage: ConsoleStage) -> None:
    await stage.says("hola")
    stage.typed.send_text("otra cosa")
    held = await stage.channel.preview(say(stage, "Había"), replacing=None)
    await seen(stage, "Había")
    await stage.channel.preview(say(stage, "Había una **vez**"), replacing=held)
    await seen(stage, "Había una vez")
    await seen(stage, "› otra cosa")
    assert stage.screen.above.count("Había") == 1


async def test_conversation_stays_readable_in_its_order(stage: ConsoleStage) -> None:
    for number in range(3):
        await stage.says(f"pregunta {number}")
        await stage.channel.deliver(say(stage, f"respuesta {number}"), replacing=None, nonce=f"n{number}")
    await seen(stage, "respuesta 2")
    rows = [row for row in stage.screen.above.split("\n") if row]
    assert rows == [line for n in range(3) for line in (f"› pregunta {n}", f"respuesta {n}")]


async def test_reply_longer_than_the_screen_shows_its_end_as_it_grows_and_scrolls_by_whole() -> None:
    async with keyboard(Size(rows=20, columns=80)) as stage:
        text = "\n".join(f"- línea {number}" for number in range(100))
        held = await stage.channel.preview(say(stage, text), replacing=None)
        await seen(stage, "línea 99")
        await stage.channel.deliver(say(stage, text), replacing=held, nonce="n1")
        await until(lambda: "línea 99" in "\n".join(stage.screen.scrolled))
        lines = [row for row in stage.screen.scrolled if "línea" in row]
        assert lines[-100:] == [f" • línea {number}" for number in range(100)]


async def test_thinking_is_seen_and_goes(stage: ConsoleStage) -> None:
    await stage.says("hola")
    await stage.channel.preview(say(stage, ""), replacing=None)
    await seen(stage, "…")
    stage.done.set()
    await until(lambda: "…" not in stage.screen.above)


async def test_control_c_stops_the_answer_and_stays(stage: ConsoleStage) -> None:
    await stage.says("hola")
    stage.typed.send_text("\x03")
    await until(lambda: len(stage.heard) == 2)
    assert isinstance(stage.heard[1], InboundMessage)
    assert stage.heard[1].text == "/stop"
    await stage.says("sigo aquí")


async def test_control_c_clears_what_is_typed_first(stage: ConsoleStage) -> None:
    stage.typed.send_text("a medias\x03")
    await stage.says("entera")
    assert [each.text for each in stage.heard if isinstance(each, InboundMessage)] == ["entera"]


async def test_control_d_leaves_and_the_last_answer_stays(stage: ConsoleStage) -> None:
    await stage.channel.deliver(say(stage, "hasta luego"), replacing=None, nonce="n1")
    stage.typed.send_text("\x04")
    await until(stage.running.done)
    assert [row for row in stage.screen.rows if row] == ["hasta luego"]


async def test_commands_are_completed_after_a_slash(stage: ConsoleStage) -> None:
    stage.typed.send_text("/fo")
    await seen(stage, "olvida")
    stage.typed.send_text("\t")
    await seen(stage, "› /forget")
    await stage.says("")
    assert [each.text for each in stage.heard if isinstance(each, InboundMessage)] == ["/forget"]


async def test_thumb_votes_on_the_last_answer(stage: ConsoleStage) -> None:
    answer = await stage.channel.deliver(say(stage, "Toby", votable=True), replacing=None, nonce="n1")
    await stage.says("👎")
    (vote,) = stage.heard
    assert isinstance(vote, InboundVote)
    assert (vote.message_id, vote.verdict) == (answer, Verdict.BAD)


async def test_choices_are_shown_with_what_to_type(stage: ConsoleStage) -> None:
    asked = OutboundMessage(chat=stage.chat, text="¿Seguro?", choices=(Choice(label="Sí", command="/forget yes"),))
    await stage.channel.deliver(asked, replacing=None, nonce="n1")
    await seen(stage, "Sí: /forget yes")


async def test_a_good_vote_that_counted_is_acknowledged(stage: ConsoleStage) -> None:
    await stage.channel.deliver(say(stage, "Toby", votable=True), replacing=None, nonce="n1")
    stage.receipt = Receipt.DONE
    await stage.says("/+")
    await seen(stage, "Anotado: 👍")


async def test_a_choice_whose_label_is_its_command_is_shown_once(stage: ConsoleStage) -> None:
    choices = (Choice(label="/help", command="/help"), Choice(label="¿Qué sabes hacer?", command="/start"))
    await stage.channel.deliver(
        OutboundMessage(chat=stage.chat, text="¿Eh?", choices=choices), replacing=None, nonce="n1"
    )
    await seen(stage, "¿Qué sabes hacer? /start")
    assert stage.screen.above.count("/help") == 1


async def test_a_new_line_in_a_reply_is_a_new_line_on_the_screen(stage: ConsoleStage) -> None:
    await stage.channel.deliver(say(stage, "**Quién puede hablar conmigo**\nNadie."), replacing=None, nonce="n1")
    await seen(stage, "Nadie.")
    assert [row.strip() for row in stage.screen.above.splitlines()] == ["Quién puede hablar conmigo", "Nadie."]


async def test_what_a_model_says_cannot_drive_the_terminal(stage: ConsoleStage) -> None:
    await stage.channel.deliver(say(stage, "a\x1b[2Jb\x1b]0;c\x07d"), replacing=None, nonce="n1")
    await seen(stage, "a[2Jb]0;cd")
