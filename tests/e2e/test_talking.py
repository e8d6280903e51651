"""What people do with Martín on Telegram: vote, correct, link, talk in groups, be let in."""

import re

from bot.i18n import say
from tests.e2e.conftest import Telegram
from tests.fakes.ollama_server import Behaviour
from tests.fakes.telegram_server import ANA, BOT

GROUP = -1001
LUIS = {"id": 202, "is_bot": False, "first_name": "Luis", "language_code": "es"}


def _buttons(answer: object) -> list[str]:
    keyboard = answer.markup["inline_keyboard"]  # type: ignore[attr-defined]
    return [button["callback_data"] for row in keyboard for button in row]


async def test_a_thumb_down_asks_what_would_have_been_right_also_after_a_restart(telegram: Telegram) -> None:
    telegram.model.behaviour = Behaviour(answers=["La capital de Australia es Sídney."])
    await telegram.start()
    answer = await telegram.says("¿Cuál es la capital de Australia?")
    await telegram.stop()
    await telegram.start()
    await telegram.server.press(answer.id, _buttons(answer)[1])
    await telegram.until(lambda: say("es", "core-ask-correction") in telegram.texts())
    question = telegram.server.shown()[-1]
    await telegram.server.inject("Es Camberra.", reply_to=question.id)
    await telegram.until(lambda: say("es", "core-correction-thanks") in telegram.texts())
    assert len(telegram.model.bodies("/api/chat")) == 1  # a correction is no question to the model


async def test_a_made_up_button_does_nothing(telegram: Telegram) -> None:
    await telegram.start()
    answer = await telegram.says("Hola, ¿qué tal?")
    await telegram.server.press(answer.id, "v:+:99999999")
    await telegram.server.press(answer.id, "'; DROP TABLE votes; --")
    assert (await telegram.says("¿Sigues bien?")).text == "Claro que sí."


async def test_in_a_group_he_answers_who_speaks_to_him_and_nobody_else(telegram: Telegram) -> None:
    await telegram.start()
    mention = f"@{BOT['username']}"
    await telegram.server.inject("¿Alguien sabe qué hora es?", chat=GROUP)
    entity = {"type": "mention", "offset": 0, "length": len(mention)}
    await telegram.server.inject(f"{mention} ¿qué hora es?", chat=GROUP, entities=[entity])
    await telegram.until(lambda: telegram.answers(GROUP))
    [answer] = telegram.answers(GROUP)
    await telegram.server.inject("Gracias", chat=GROUP, reply_to=answer.id)
    await telegram.until(lambda: len(telegram.answers(GROUP)) == 2)
    asked = [body["messages"][-1]["content"] for body in telegram.model.bodies("/api/chat")]
    assert len(asked) == 2
    assert "¿Alguien sabe" not in str(telegram.model.bodies("/api/chat"))


async def test_another_bot_is_never_answered(telegram: Telegram) -> None:
    await telegram.start()
    other = {"id": 303, "is_bot": True, "first_name": "Otro"}
    mention = f"@{BOT['username']}"
    entity = {"type": "mention", "offset": 0, "length": len(mention)}
    await telegram.server.inject(f"{mention} hola", chat=GROUP, user=other, entities=[entity])
    await telegram.says("¿Sigues ahí?")
    assert telegram.answers(GROUP) == []


async def test_what_one_person_says_is_in_nobody_elses_prompt_and_in_no_group(telegram: Telegram) -> None:
    await telegram.start()
    await telegram.says("Mi secreto es que odio el cilantro")
    await telegram.server.inject("¿Quién odia el cilantro?", chat=LUIS["id"], user=LUIS)
    await telegram.until(lambda: telegram.answers(LUIS["id"]))
    mention = f"@{BOT['username']}"
    entity = {"type": "mention", "offset": 0, "length": len(mention)}
    await telegram.server.inject(f"{mention} ¿quién odia el cilantro?", chat=GROUP, entities=[entity])
    await telegram.until(lambda: telegram.answers(GROUP))
    for body in telegram.model.bodies("/api/chat")[1:]:
        assert "secreto" not in str(body)


async def test_a_stranger_is_let_in_by_an_admin_with_a_code(telegram: Telegram) -> None:
    await telegram.start(access_policy="pairing", access_admins=f"telegram:{ANA['id']}")
    await telegram.server.inject("Hola, soy Luis", chat=LUIS["id"], user=LUIS)
    await telegram.until(lambda: telegram.texts(LUIS["id"]))
    found = re.search(r"[A-Z0-9]{3}-[A-Z0-9]{6}", telegram.texts(LUIS["id"])[0])
    assert found
    await telegram.server.inject(f"/pair {found[0]}")
    await telegram.until(lambda: len(telegram.texts(LUIS["id"])) == 2)
    await telegram.server.inject("Ahora sí, ¿qué tal?", chat=LUIS["id"], user=LUIS)
    await telegram.until(lambda: telegram.answers(LUIS["id"]))
    assert "soy Luis" not in str(telegram.model.requests)  # what was refused was not kept


async def test_forget_everything_leaves_nothing_for_the_next_prompt(telegram: Telegram) -> None:
    await telegram.start()
    await telegram.says("Mi perro se llama Toby y nació en Cádiz")
    await telegram.server.inject("/forget everything yes")
    await telegram.until(lambda: len(telegram.texts()) >= 2)
    await telegram.says("¿Cómo se llama mi perro?")
    assert "Toby" not in str(telegram.model.bodies("/api/chat")[-1])


async def test_export_arrives_as_files(telegram: Telegram) -> None:
    await telegram.start()
    await telegram.says("Mi perro se llama Toby y nació en Cádiz")
    await telegram.server.inject("/export")
    await telegram.until(lambda: sum(sent.file is not None for sent in telegram.server.shown()) == 2)
    assert all(b"Toby" in sent.file[1] for sent in telegram.server.shown() if sent.file)


async def test_a_person_is_answered_in_the_language_they_write(telegram: Telegram) -> None:
    telegram.model.models.clear()
    await telegram.start()
    english = {"id": 404, "is_bot": False, "first_name": "Kate", "language_code": "en"}
    await telegram.server.inject("Hello there, how are you doing today?", chat=404, user=english)
    await telegram.until(lambda: telegram.texts(404))
    assert telegram.texts(404) == [say("en", "error-model-missing")]


async def test_the_webhook_serves_the_same_conversation(telegram: Telegram, unused_tcp_port: int) -> None:
    listen = f"127.0.0.1:{unused_tcp_port}"
    await telegram.start(
        telegram_mode="webhook", telegram_webhook_url=f"http://{listen}/telegram", telegram_webhook_listen=listen
    )
    await telegram.until(lambda: telegram.server.webhook)
    assert (await telegram.says("Hola, ¿qué tal?")).text == "Claro que sí."
