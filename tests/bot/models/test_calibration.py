"""Tokens estimated from what servers counted: close, and rather too many."""

from hypothesis import given
from hypothesis import strategies as st

from bot.models.calibration import Calibration

sizes = st.integers(min_value=200, max_value=100_000)


def test_nothing_is_no_tokens() -> None:
    assert Calibration().estimate("") == 0


def test_before_any_count_a_spanish_text_is_not_estimated_short() -> None:
    text = "El perro de San Roque no tiene rabo porque Ramón Ramírez se lo ha cortado. " * 10
    assert len(text) / 4 < Calibration().estimate(text) < len(text) / 2


def test_it_learns_what_the_server_counts() -> None:
    calibration = Calibration()
    for _ in range(60):
        calibration = calibration.learnt(size=4000, tokens=1000)
    assert 1000 <= calibration.estimate("x" * 4000) <= 1100


def test_an_emoji_costs_more_than_a_letter() -> None:
    assert Calibration().estimate("🙂" * 100) > Calibration().estimate("a" * 100)


def test_a_count_that_cannot_be_teaches_nothing() -> None:
    known = Calibration()
    assert known.learnt(size=40_000, tokens=12) == known  # only what was not in the cache was counted
    assert known.learnt(size=1000, tokens=9000) == known
    assert known.learnt(size=10, tokens=4) == known
    assert known.learnt(size=0, tokens=0) == known


@given(ratio=st.floats(min_value=0.1, max_value=1.4), size=sizes)
def test_after_steady_counts_an_estimate_is_never_short(ratio: float, size: int) -> None:
    calibration = Calibration()
    for _ in range(80):
        calibration = calibration.learnt(size=10_000, tokens=round(10_000 * ratio))
    assert calibration.estimate("x" * size) >= int(size * ratio * 0.99)


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 200_000)), max_size=30), st.text(max_size=300))
def test_no_counts_make_it_absurd(counts: list[tuple[int, int]], text: str) -> None:
    calibration = Calibration()
    for size, tokens in counts:
        calibration = calibration.learnt(size=size, tokens=tokens)
    size = len(text.encode(errors="replace"))
    assert 0 <= calibration.estimate(text) <= size * 1.5 + 1
    assert calibration.estimate(text) >= size * 0.08 - 1
