"""/model: list, choose, update."""

import pytest

from bot.i18n import LANGUAGES, say
from memory.audit import Audit
from tests.fakes.household import NOW, OWNER, Household, message


async def test_models_are_listed_with_the_one_that_serves(home: Household) -> None:
    answer = await home.ask("/model", OWNER)
    serving, other = answer.text.splitlines()[1:]
    assert serving == f"- `gemma3:4b` (3.3 GB) ← {say('es', 'commands-model-serving')}"
    assert other == "- `qwen3:1.7b` (3.3 GB)"
    assert [choice.command for choice in answer.choices] == ["/model choose qwen3:1.7b", "/model update"]


@pytest.mark.parametrize("command", ["/model choose phi4:latest", "/model phi4:latest"])
async def test_a_missing_model_is_pulled_in_sight_and_then_serves(home: Household, command: str) -> None:
    owner = await home.meet(OWNER)
    answers = await home.run(message(command, OWNER))
    assert [answer.text for answer in answers[:-1]] == [
        f"⏳ pulling: {percent} % ({done} de 1.0 GB)" for percent, done in ((0, "0.0"), (50, "0.5"), (100, "1.0"))
    ]
    assert answers[-1].text == say("es", "commands-model-changed", name="phi4:latest")
    assert home.models.chosen == "phi4:latest"
    deed = (await Audit(home.database).last(limit=1))[0]
    assert (deed.person, deed.action, deed.detail, deed.at) == (owner.id, "model choose", "phi4:latest", NOW)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_model_that_is_not_to_be_had_leaves_the_old_one_serving(home: Household, language: str) -> None:
    await home.meet(OWNER, language=language)
    answer = await home.ask("/model choose nonsense", OWNER)
    assert "ollama.com/library" in answer.text
    assert home.models.chosen == "gemma3:4b"
    assert await Audit(home.database).last(limit=5) == []


async def test_the_model_in_use_is_updated(home: Household) -> None:
    answers = await home.run(message("/model update", OWNER))
    assert [answer.text for answer in answers] == [
        say("es", "commands-model-step", status="trying"),
        say("es", "commands-model-changed", name="gemma3:4b"),
    ]


async def test_more_words_than_make_sense_are_explained(home: Household) -> None:
    assert (await home.ask("/model choose a b", OWNER)).text == say("es", "commands-model-what")


async def test_without_models_he_says_how_to_get_one(home: Household) -> None:
    home.models.names = ()
    assert (await home.ask("/model", OWNER)).text == say("es", "commands-model-none")
