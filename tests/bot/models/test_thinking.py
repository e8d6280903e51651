"""What a model thinks aloud is not shown, wherever the stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.thinking import ThoughtFilter


def shown(*pieces: str) -> str:
    thoughts = ThoughtFilter()
    return "".join([*(thoughts.feed(piece) for piece in pieces), thoughts.finish()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hola", "Hola"),
        ("<think>Mmm…</think>Hola", "Hola"),
        ("\n<think>\nMmm < 3\n</think>\n\nHola", "\n\nHola"),
        ("<think></think><think>otra vez</think>Hola", "Hola"),
        ("<thinking>Mmm</thinking>Hola", "Hola"),
        ("<think>nunca acaba", ""),
        ("<thi", "<thi"),
        ("<thinner> es una etiqueta", "<thinner> es una etiqueta"),
        ("La etiqueta <think> se usa así: <think>x</think>", "La etiqueta <think> se usa así: <think>x</think>"),
        ("", ""),
    ],
)
def test_only_a_thought_that_opens_the_answer_is_hidden(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert shown(*text) == expected


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "Hola", " ", "\n", "/"]), max_size=12))
def test_how_the_stream_is_cut_makes_no_difference(parts: list[str]) -> None:
    assert shown(*parts) == shown("".join(parts)) == shown(*"".join(parts))


def test_an_answer_flows_as_soon_as_it_is_no_thought() -> None:
    thoughts = ThoughtFilter()
    assert thoughts.feed("Ho") == "Ho"
    assert thoughts.feed("<think>") == "<think>"
