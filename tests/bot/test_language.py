"""Spanish or English, or an honest blank."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import detect

SPANISH = [
    "Mi perro se llama Toby y nació en Cádiz",
    "¿Cómo se llama mi perro?",
    "quiero saber el precio",
    "explícame el error",
    "qué hora es",
    "mi numero es 600123123",
    "NO ENTIENDO NADA DE ESTO",
    "mira esto https://example.com/the/quick/brown/fox y dime qué te parece",
    "¿qué hace este programa?\n```python\nwhile True:\n    print('the quick brown fox')\n```",
]
ENGLISH = [
    "My dog is called Toby and was born in Cádiz",
    "What is my dog's name?",
    "i want to know the price",
    "explain the error",
    "what time is it",
    "I NEED HELP WITH THIS",
]
NEITHER = ["", "ok", "hi", "hola", "12345", "😀😀😀", "https://example.com/foo", "`print('hello my friend')`", "/start"]


@pytest.mark.parametrize("text", SPANISH)
def test_spanish_is_told(text: str) -> None:
    assert detect(text) == "es"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_told(text: str) -> None:
    assert detect(text) == "en"


@pytest.mark.parametrize("text", NEITHER)
def test_what_tells_nothing_is_left_open(text: str) -> None:
    assert detect(text) == ""


@pytest.mark.parametrize("text", ["Bonjour, comment ça va?", "Guten Tag, wie geht es Ihnen", "Привет, как дела?"])
def test_other_languages_are_left_open(text: str) -> None:
    assert detect(text) == ""


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert detect(text) in ("", "es", "en")


def test_enormous_message_takes_no_longer_than_a_long_one() -> None:
    detect("caliente ya")
    started = time.process_time()
    assert detect("palabra de más " * 1_000_000) == "es"
    assert time.process_time() - started < 0.5
