"""Stretches of days, as people type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.period import Period, parse
from tests.fakes.household import MADRID

TODAY = date(2026, 5, 20)  # a Wednesday


def days(first: str, last: str) -> Period:
    return Period(first=date.fromisoformat(first), last=date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hoy", days("2026-05-20", "2026-05-20")),
        ("Today", days("2026-05-20", "2026-05-20")),
        ("ayer", days("2026-05-19", "2026-05-19")),
        ("anteayer", days("2026-05-18", "2026-05-18")),
        ("esta semana", days("2026-05-18", "2026-05-20")),
        ("last week", days("2026-05-11", "2026-05-17")),
        ("este mes", days("2026-05-01", "2026-05-20")),
        ("el mes pasado", days("2026-04-01", "2026-04-30")),
        ("2026", days("2026-01-01", "2026-12-31")),
        ("2026-12", days("2026-12-01", "2026-12-31")),
        ("2024-2", days("2024-02-01", "2024-02-29")),
        ("2026-05-01", days("2026-05-01", "2026-05-01")),
        ("1/5/2026", days("2026-05-01", "2026-05-01")),
        ("2026-05-01..2026-05-15", days("2026-05-01", "2026-05-15")),
        ("2026-03 .. ayer", days("2026-03-01", "2026-05-19")),
        ("desde 2026-03 hasta hoy", days("2026-03-01", "2026-05-20")),
        ("from 2026-03-02 to yesterday", days("2026-03-02", "2026-05-19")),
        ("del 1/5/2026 al 3/5/2026", days("2026-05-01", "2026-05-03")),
    ],
)
def test_periods_in_both_languages(text: str, expected: Period) -> None:
    assert parse(text, today=TODAY) == expected


@pytest.mark.parametrize("text", ["", "..", "hoy..ayer", "mañana no", "2026-13", "0000", "31/2/2026", "1..2..3", "12"])
def test_what_is_no_period_is_none(text: str) -> None:
    assert parse(text, today=TODAY) is None


@given(st.text(), st.dates())
def test_any_text_is_read_without_fail(text: str, today: date) -> None:
    parse(text, today=today)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)), st.integers(0, 5000))
def test_a_period_reads_back_as_it_was_written_and_its_days_touch(first: date, length: int) -> None:
    period = Period(first=first, last=first + timedelta(days=length))
    assert parse(str(period), today=TODAY) == period
    after = Period(first=period.last + timedelta(days=1), last=period.last + timedelta(days=1))
    assert period.bounds(MADRID)[1] == after.bounds(MADRID)[0]
