"""What setup asks, in which order, and what comes of the answers."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.setup import Asker, Known, ask

TELEGRAM = "123456789:AAExampleExampleExampleExample_1234"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gexamp.leExampleExampleExampleExample"

FRESH = Known(
    language="es",
    name="Martín",
    provider="auto",
    model="gemma3:4b-it-qat",
    base_url="",
    gguf="",
    admins=(),
    secrets=frozenset(),
)


class Scripted:
    """An `Asker` whose person has made up their mind: answers by a word of the question, else presses Enter."""

    def __init__(self, **answers: str | list[str]) -> None:
        self._answers = {word: [said] if isinstance(said, str) else said for word, said in answers.items()}
        self.shown: list[str] = []

    def _answer(self, question: str, default: str) -> str:
        self.shown.append(question)
        for word, answers in self._answers.items():
            if word in question and answers:
                return answers.pop(0)
        return default

    def text(self, question: str, *, default: str) -> str:
        return self._answer(question, default)

    def choice(self, question: str, *, options: Sequence[str], default: str) -> str:
        assert default in options
        return self._answer(question, default)

    def secret(self, question: str) -> str:
        return self._answer(question, "")

    def tell(self, text: str) -> None:
        self.shown.append(text)


def test_enter_to_everything_changes_nothing() -> None:
    asker: Asker = Scripted()
    answers = ask(asker, FRESH)
    assert (dict(answers.settings), dict(answers.secrets)) == ({}, {})


def test_tokens_are_taken_and_never_shown() -> None:
    asker = Scripted(TELEGRAM_TOKEN=TELEGRAM, DISCORD_TOKEN=DISCORD, administra="telegram:1, discord:2")
    answers = ask(asker, FRESH)
    assert answers.secrets == {"TELEGRAM_TOKEN": TELEGRAM, "DISCORD_TOKEN": DISCORD}
    assert answers.settings == {("access", "admins"): ["telegram:1", "discord:2"]}
    assert TELEGRAM not in repr(answers) + "".join(asker.shown)


def test_what_is_no_token_is_asked_again() -> None:
    asker = Scripted(TELEGRAM_TOKEN=["hola", TELEGRAM])
    assert ask(asker, FRESH).secrets == {"TELEGRAM_TOKEN": TELEGRAM}
    assert any("no parece" in text for text in asker.shown)


def test_a_token_that_is_there_is_kept_with_enter() -> None:
    asker = Scripted()
    answers = ask(asker, replace(FRESH, secrets=frozenset({"TELEGRAM_TOKEN"})))
    assert answers.secrets == {}
    assert any("ya hay uno" in text for text in asker.shown)


def test_the_language_chosen_first_is_spoken_from_then_on() -> None:
    asker = Scripted(idioma="en")
    assert ask(asker, FRESH).settings == {("language",): "en"}
    assert "What is my name?" in asker.shown


def test_each_provider_is_asked_only_what_it_needs() -> None:
    for provider, word in (("ollama", "Nombre del modelo"), ("openai", "Dirección"), ("llamacpp", "GGUF")):
        asker = Scripted(contesto=provider)
        assert ask(asker, FRESH).settings == {("model", "provider"): provider}
        assert any(word in text for text in asker.shown)
