"""Once a night, and once only: through clock changes, missed nights, crashes and a second process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.job import JobReport
from jobs.schedule import LEASE, Nightly, last_due
from memory.database import Database
from memory.runs import Runs, RunState
from tests.fakes.databases import database_url

MADRID = ZoneInfo("Europe/Madrid")
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class _Counted:
    """A job that counts its nights, and can fail or take its time."""

    name = "counted"

    def __init__(self) -> None:
        self.nights: list[datetime] = []
        self.fails = False
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()

    async def run(self, *, due_at: datetime) -> JobReport:
        self.nights.append(due_at)
        self.begun.set()
        if self.gate:
            await self.gate.wait()
        if self.fails:
            raise RuntimeError("a bad night")
        return JobReport(counts={"nights": len(self.nights)})


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def runs(tmp_path: Path) -> AsyncIterator[Runs]:
    async with Database.open(database_url(tmp_path)) as database:
        yield Runs(database)


def _nightly(job: _Counted, runs: Runs, clock: _Clock, *, at: time = time(3, 30), since: datetime = START) -> Nightly:
    return Nightly(job, runs=runs, at=at, timezone=MADRID, since=since, clock=clock)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  bounds are naive
    st.times(),
)
def test_what_was_due_last_is_never_ahead_and_never_over_a_day_ago(now: datetime, at: time) -> None:
    due = last_due(now, at=at, timezone=MADRID)
    assert due <= now
    assert now - due <= timedelta(hours=25)


@pytest.mark.parametrize("at", [time(2, 30), time(3, 30), time(2, 0), time(0, 0)])
@pytest.mark.parametrize("day", [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
async def test_both_clock_changes_see_one_run_a_night(runs: Runs, day: datetime, at: time) -> None:
    job, clock = _Counted(), _Clock(day)
    nightly = _nightly(job, runs, clock, at=at, since=day)
    for minute in range(0, 4 * 24 * 60, 10):
        clock.now = day + timedelta(minutes=minute)
        await nightly.tick()
    dates = [due.astimezone(MADRID).date() for due in job.nights]
    assert len(dates) == len(set(dates)) == 4


async def test_two_days_switched_off_are_caught_up_once(runs: Runs) -> None:
    job, clock = _Counted(), _Clock(START + timedelta(hours=50))
    await _nightly(job, runs, clock).tick()
    await _nightly(job, runs, clock).tick()
    assert len(job.nights) == 1


async def test_a_fresh_house_has_missed_nothing(runs: Runs) -> None:
    job = _Counted()
    assert await _nightly(job, runs, _Clock(START)).tick() is None
    assert job.nights == []


async def test_a_run_that_was_killed_is_run_again(runs: Runs) -> None:
    clock = _Clock(START + timedelta(days=1))
    due = last_due(clock.now, at=time(3, 30), timezone=MADRID)
    assert await runs.lease("counted", holder="dead", now=clock.now, lasts=LEASE)
    assert await runs.begin("counted", due_at=due, now=clock.now)
    job = _Counted()
    assert await _nightly(job, runs, clock).tick() is None  # its lease still holds
    clock.now += LEASE
    assert await _nightly(job, runs, clock).tick() is not None
    assert job.nights == [due]


async def test_two_ticks_at_once_run_once(runs: Runs) -> None:
    job, clock = _Counted(), _Clock(START + timedelta(days=1))
    job.gate = asyncio.Event()
    one, other = _nightly(job, runs, clock), _nightly(job, runs, clock)
    first = asyncio.create_task(one.tick())
    await job.begun.wait()
    assert await one.tick() is None
    other._holder = "another process"
    assert await other.tick() is None
    job.gate.set()
    assert await first is not None


async def test_a_bad_night_is_written_down_and_the_next_one_comes(runs: Runs) -> None:
    job, clock = _Counted(), _Clock(START + timedelta(days=1))
    job.fails = True
    with pytest.raises(RuntimeError):
        await _nightly(job, runs, clock).tick()
    last = await runs.last("counted")
    assert last is not None
    assert last.state is RunState.FAILED
    job.fails = False
    clock.now += timedelta(days=1)
    assert await _nightly(job, runs, clock).tick() is not None
