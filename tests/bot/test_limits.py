"""Pace and daily budget."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits import Bucket, Quotas, Tally, drawn, next_day
from memory.database import Database
from memory.people import People
from memory.records import PersonId
from memory.usage import Usage
from tests.fakes.databases import database_url
from tests.fakes.household import MADRID, NOW, author, telegram


@pytest.fixture
async def usage(tmp_path: Path) -> AsyncIterator[Usage]:
    async with Database.open(database_url(tmp_path)) as database:
        for number in range(1, 4):
            await People(database).resolve(author(telegram(str(number))), now=NOW)
        yield Usage(database)


ANA, LUIS = PersonId(1), PersonId(2)


@given(
    per_minute=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 30, allow_nan=False), max_size=200),
)
def test_no_minute_and_burst_hold_more_than_twice_the_pace(per_minute: int, gaps: list[float]) -> None:
    bucket: Bucket | None = None
    now, taken = NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        bucket, wait = drawn(bucket, per_minute=per_minute, now=now)
        if not wait:
            taken.append(now)
    for start in taken:
        within = [moment for moment in taken if start <= moment < start + timedelta(minutes=1)]
        assert len(within) <= 2 * per_minute


@given(per_minute=st.integers(1, 600), more=st.integers(1, 100))
def test_whoever_waits_as_long_as_told_may_go_on(per_minute: int, more: int) -> None:
    bucket: Bucket | None = None
    wait = timedelta()
    for _ in range(per_minute + more):
        bucket, wait = drawn(bucket, per_minute=per_minute, now=NOW)
    assert wait
    assert not drawn(bucket, per_minute=per_minute, now=NOW + wait + timedelta(milliseconds=1))[1]


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    bucket = Bucket(tokens=0.0, at=NOW)
    assert drawn(bucket, per_minute=60, now=NOW - timedelta(hours=1))[1] > timedelta()


async def test_a_fast_writer_is_told_once_when_it_goes_on(usage: Usage) -> None:
    quotas = Quotas(usage, per_minute=2, per_day=0, timezone=MADRID)

    async def spend(person: PersonId = ANA, now: datetime = NOW) -> str | None:
        refusal = await quotas.spend(person, is_admin=False, language="es", now=now)
        return None if refusal is None else refusal.notice

    assert [await spend(), await spend()] == [None, None]
    assert await spend() == "Vas más rápido que yo. Dame 30 segundos y seguimos."
    assert await spend() == ""
    assert await spend(LUIS) is None, "one person's haste is not another's"
    assert await spend(now=NOW + timedelta(seconds=31)) is None


async def test_the_daily_budget_ends_at_midnight_where_martin_lives(usage: Usage) -> None:
    quotas = Quotas(usage, per_minute=0, per_day=2, timezone=MADRID)
    late = datetime(2026, 5, 20, 21, 30, tzinfo=UTC)  # 23:30 in Madrid
    for _ in range(2):
        assert await quotas.spend(ANA, is_admin=False, language="en", now=late) is None
    refusal = await quotas.spend(ANA, is_admin=False, language="en", now=late)
    assert refusal is not None
    assert refusal.notice == "That's all for today: 2 messages a day. We can go on tomorrow, from 00:00."
    assert refusal.until == datetime(2026, 5, 21, tzinfo=MADRID)
    again = await quotas.spend(ANA, is_admin=False, language="en", now=late + timedelta(minutes=5))
    assert again is not None
    assert again.notice == ""
    assert await quotas.spend(ANA, is_admin=False, language="en", now=late + timedelta(hours=1)) is None


async def test_a_restart_does_not_renew_the_daily_budget(usage: Usage) -> None:
    for expected in (None, "refused"):
        quotas = Quotas(usage, per_minute=5, per_day=1, timezone=MADRID)
        refusal = await quotas.spend(ANA, is_admin=False, language="es", now=NOW)
        assert (refusal is None) is (expected is None)


async def test_admins_have_no_daily_budget(usage: Usage) -> None:
    quotas = Quotas(usage, per_minute=0, per_day=1, timezone=MADRID)
    for _ in range(3):
        assert await quotas.spend(ANA, is_admin=True, language="es", now=NOW) is None
    assert await usage.add(ANA, NOW.astimezone(MADRID).date()) == 4


def test_the_day_that_clocks_change_ends_at_midnight_too() -> None:
    before = datetime(2026, 10, 25, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    assert next_day(before).isoformat() == "2026-10-26T00:00:00+01:00"


def test_a_tally_counts_each_key_within_its_window() -> None:
    tally = Tally(limit=2, window=timedelta(minutes=1))
    assert [tally.take("a", now=NOW) for _ in range(3)] == [True, True, False]
    assert tally.take("b", now=NOW)
    assert tally.full("a", now=NOW + timedelta(seconds=59))
    assert tally.take("a", now=NOW + timedelta(minutes=1))
