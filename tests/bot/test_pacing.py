"""When a growing reply is shown again: first words at once, then no faster than a platform bears."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import PATIENCE, SLOWEST, Shown, wait

seconds = st.floats(0, 10_000)
lengths = st.integers(0, 100_000)


def test_first_text_is_shown_at_once() -> None:
    assert wait(1, shown=None, now=5.0, interval=1.0) == 0.0


def test_nothing_is_not_shown() -> None:
    assert wait(0, shown=None, now=5.0, interval=1.0) is None


def test_second_text_waits_for_the_interval() -> None:
    shown = Shown(length=20, at=10.0, since=10.0)
    assert wait(60, shown=shown, now=10.25, interval=1.0) is not None
    assert 0.7 < (wait(60, shown=shown, now=10.25, interval=1.0) or 0) < 0.8
    assert wait(60, shown=shown, now=11.1, interval=1.0) == 0.0


def test_one_word_more_waits_longer_than_a_sentence_more() -> None:
    shown = Shown(length=20, at=10.0, since=10.0)
    assert (wait(23, shown=shown, now=10.0, interval=1.0) or 0) == PATIENCE


def test_long_message_waits_for_more_growth_than_a_short_one() -> None:
    short, long = (Shown(length=length, at=0.0, since=0.0) for length in (100, 3000))
    assert wait(100 + 20, shown=short, now=1.1, interval=1.0) == 0.0
    assert (wait(3000 + 20, shown=long, now=1.1, interval=1.0) or 0) > 0


def test_reply_that_has_grown_for_long_is_shown_less_often() -> None:
    young, old = (Shown(length=100, at=100.0, since=since) for since in (99.0, 10.0))
    waits = [wait(500, shown=shown, now=100.0, interval=1.0) or 0 for shown in (young, old)]
    assert waits[0] < waits[1] <= SLOWEST


@given(lengths, lengths, seconds, seconds, seconds, st.floats(0.1, 60))
def test_growth_is_shown_in_the_end_and_never_twice_within_the_interval(
    length: int, before: int, since: float, grown: float, elapsed: float, interval: float
) -> None:
    shown = Shown(length=before, at=since + grown, since=since)
    pause = wait(length, shown=shown, now=shown.at + elapsed, interval=interval)
    if length <= before:
        assert pause is None
        return
    assert pause is not None
    assert 0 <= pause <= PATIENCE * SLOWEST * interval
    assert elapsed + pause >= interval * 0.999


@given(lengths, st.floats(0.1, 10))
def test_waiting_as_told_is_enough_once_it_is_told_again(length: int, interval: float) -> None:
    shown = Shown(length=0, at=0.0, since=0.0)
    now, rounds = 0.0, 0
    while (pause := wait(length + 1, shown=shown, now=now, interval=interval)) and rounds < 100:
        now += max(pause, 0.001)
        rounds += 1
    assert pause == 0.0
