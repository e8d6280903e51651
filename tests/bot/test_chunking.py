"""Splitting a reply: nothing lost, nothing broken, nothing that was sent changes."""

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.chunking import LEAST, length, preview_text, split

LIMIT = 4096
FENCE_LINE = re.compile(r"[ \t]*(```+|~~~+)[^\n]*")

prose = st.text(st.sampled_from("ab. \n\né😀👩‍👩‍👧ñ¿؟שلا*_`"), max_size=120)
code_line = st.text(st.sampled_from("ab =(){}\t😀#"), max_size=30)
block = st.builds(
    lambda mark, info, lines: "\n".join(["", f"{mark}{info}", *lines, mark, ""]),
    st.sampled_from(["```", "~~~", "````"]),
    st.sampled_from(["", "py", "python title"]),
    st.lists(code_line, max_size=12),
)
answers = st.lists(prose.map(lambda text: text.replace("```", "")) | block, max_size=8).map("".join)
limits = st.integers(LEAST, 200)
roomy = st.integers(80, 200)  # a fence and its info string take less than half


def visible(text: str) -> str:
    """What must survive: everything but white space and the lines that open and close code."""
    return "".join("".join(line.split()) for line in text.split("\n") if not FENCE_LINE.fullmatch(line))


def balanced(piece: str) -> bool:
    mark = ""
    for line in piece.split("\n"):
        found = FENCE_LINE.match(line)
        if not mark and found:
            mark = found[1]
        elif mark and len(line.strip()) >= len(mark) and not line.strip().strip(mark[0]):
            mark = ""
    return not mark


@given(answers, limits, st.booleans())
def test_every_piece_fits_and_shows_something(text: str, limit: int, utf16: bool) -> None:
    for piece in split(text, limit=limit, utf16=utf16):
        assert length(piece, utf16=utf16) <= limit
        assert piece.strip()


@given(answers, roomy, st.booleans())
def test_nothing_visible_is_lost_or_doubled(text: str, limit: int, utf16: bool) -> None:
    assert visible("\n".join(split(text, limit=limit, utf16=utf16))) == visible(text)


@given(st.text(), limits, st.booleans())
def test_any_text_at_all_is_split(text: str, limit: int, utf16: bool) -> None:
    pieces = split(text, limit=limit, utf16=utf16)
    assert all(length(piece, utf16=utf16) <= limit for piece in pieces)
    assert bool(pieces) == bool(text.strip())


@given(answers, limits, st.booleans())
def test_pieces_but_the_last_stay_as_the_text_grows(text: str, limit: int, utf16: bool) -> None:
    before: list[str] = []
    for end in range(len(text) + 1):
        pieces = split(text[:end], limit=limit, utf16=utf16)
        assert pieces[: len(before) - 1] == before[:-1]
        assert len(pieces) >= len(before)
        before = pieces


@given(
    st.lists(st.sampled_from(["a", "b", " ", "\n", "😀", "👩‍👩‍👧", "e\u0301", "👍🏽", "🇪🇸", "नि"])),
    st.integers(LEAST, 40),
    st.booleans(),
)
def test_no_grapheme_is_cut(graphemes: list[str], limit: int, utf16: bool) -> None:
    pieces = split("".join(graphemes), limit=limit, utf16=utf16)
    parts = [part for piece in pieces for part in regex.findall(r"\X", piece)]
    assert [part for part in parts if not part.isspace()] == [each for each in graphemes if not each.isspace()]


@given(answers, roomy, st.booleans())
def test_every_piece_but_the_last_has_its_code_blocks_closed(text: str, limit: int, utf16: bool) -> None:
    assert all(balanced(piece) for piece in split(text, limit=limit, utf16=utf16)[:-1])


def test_short_text_is_one_piece() -> None:
    assert split("Hola, Ana.\n", limit=LIMIT, utf16=True) == ["Hola, Ana."]


def test_text_without_a_visible_character_gives_no_piece() -> None:
    assert split(" \n\t\n" * 3000, limit=LIMIT, utf16=True) == []


def test_answer_of_12000_characters_is_cut_between_paragraphs() -> None:
    paragraph = "Una frase que dice algo. " * 20
    text = "\n\n".join([paragraph.strip()] * 24)
    pieces = split(text, limit=LIMIT, utf16=True)
    assert "\n\n".join(pieces) == text
    assert len(pieces) == 3


def test_one_paragraph_is_cut_between_sentences() -> None:
    pieces = split("Una frase que dice algo. " * 400, limit=LIMIT, utf16=True)
    assert all(piece.endswith("algo.") for piece in pieces)


def test_reply_longer_than_the_limit_is_split_outside_code_fences() -> None:
    code = "```python\n" + "print('hola')\n" * 200 + "```"
    pieces = split(f"{'Antes. ' * 300}\n\n{code}\n\n{'Después. ' * 300}", limit=LIMIT, utf16=True)
    assert code in pieces[1]
    assert "```" not in pieces[0] + pieces[2]


def test_code_block_of_7000_characters_is_closed_and_opened_again_with_its_language() -> None:
    lines = [f"valor_{number} = {number}" for number in range(400)]
    pieces = split("Mira:\n```python\n" + "\n".join(lines) + "\n```\nListo.", limit=LIMIT, utf16=True)
    blocks = [piece for piece in pieces if piece.startswith("```python\n")]
    assert len(blocks) == 2
    assert all(balanced(piece) for piece in pieces)
    assert [line for piece in blocks for line in piece.split("\n") if line.startswith("valor")] == lines
    assert pieces[-1].endswith("```\nListo.")


def test_indentation_of_code_survives_a_cut() -> None:
    body = "def f():\n" + "    return 1\n" * 30
    pieces = split(f"```\n{body}```", limit=100, utf16=False)
    assert all("\n    return" in piece for piece in pieces)


def test_block_in_a_list_closes_with_the_indentation_it_opened_with() -> None:
    pieces = split("1. Así:\n   ```sh\n" + "   ls -la\n" * 30 + "   ```", limit=120, utf16=False)
    assert pieces[1].startswith("   ```sh")
    assert pieces[1].endswith("\n   ```")


def test_word_of_10000_characters_fills_its_messages() -> None:
    pieces = split("Toma: " + "a" * 10_000, limit=LIMIT, utf16=True)
    assert [len(piece) for piece in pieces] == [4096, 4096, 1814]


def test_emoji_count_twice_where_units_are_utf16() -> None:
    assert [len(piece) for piece in split("😀" * 3000, limit=LIMIT, utf16=True)] == [2048, 952]
    assert len(split("😀" * 3000, limit=LIMIT, utf16=False)) == 1


def test_family_of_joined_emoji_is_never_taken_apart() -> None:
    family = "👩‍👩‍👧‍👦"
    pieces = split(family * 1000, limit=LIMIT, utf16=True)
    assert all(set(regex.findall(r"\X", piece)) == {family} for piece in pieces)


def test_right_to_left_text_is_cut_between_its_words() -> None:
    pieces = split("سلام عليكم " * 1000, limit=LIMIT, utf16=True)
    assert " ".join(pieces) == ("سلام عليكم " * 1000).strip()


def test_grapheme_longer_than_a_message_is_cut_all_the_same() -> None:
    assert "".join(split("e" + "\u0301" * 10_000, limit=LIMIT, utf16=True)) == "e" + "\u0301" * 10_000


def test_lone_surrogate_does_no_harm() -> None:
    assert split("a\ud83d b", limit=LIMIT, utf16=True) == ["a\ud83d b"]


def test_limit_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        split("hola", limit=3, utf16=True)


@pytest.mark.parametrize(
    ("half", "whole"),
    [
        ("Hola", "Hola"),
        ("Mira:\n```py\nx = 1", "Mira:\n```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("```py\nx = 1\n```\nEs **uno", "```py\nx = 1\n```\nEs **uno**"),
        ("usa `pri", "usa `pri`"),
        ("usa `", "usa"),
        ("esto es **muy", "esto es **muy**"),
        ("esto es **muy _ra", "esto es **muy _ra_**"),
        ("esto es **", "esto es"),
        ("- **uno\n* dos", "- **uno\n* dos"),
        ("2 * 3 y snake_case y __init__", "2 * 3 y snake_case y __init__"),
        ("**negrita** y `código`", "**negrita** y `código`"),
        ("~~~\nhola", "~~~\nhola\n~~~"),
    ],
)
def test_preview_closes_what_is_open(half: str, whole: str) -> None:
    assert preview_text(half) == whole


def test_preview_that_would_grow_past_the_limit_stays_as_it_is() -> None:
    assert preview_text("**" + "a" * 18, limit=20) == "**" + "a" * 18
    assert preview_text("**" + "a" * 16, limit=20) == "**" + "a" * 16 + "**"


@given(answers)
def test_preview_of_any_prefix_has_its_code_blocks_closed(text: str) -> None:
    assert balanced(preview_text(text))
