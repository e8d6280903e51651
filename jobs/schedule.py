"""The clock of the house: once a night, and once only.

APScheduler ticks; it decides nothing. Its job store loses a night that passed while the machine was off and stumbles
over daylight saving, so what is due is computed here (pure) and what ran is read from our own tables.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it has none

from jobs.job import Job, JobReport
from memory.runs import Runs, RunState

TICK = timedelta(seconds=30)
LEASE = timedelta(minutes=2)  # a run that was killed blocks the next one no longer than this

log = structlog.get_logger()


def last_due(now: datetime, *, at: time, timezone: ZoneInfo) -> datetime:
    """The newest moment, not after `now`, at which a nightly run was due (UTC).

    One a calendar day: a time that a clock change skips is taken as if the clock had not changed, and one that it
    repeats is taken the first time.
    """
    today = now.astimezone(timezone).date()
    for day in (today, today - timedelta(days=1)):
        due = datetime.combine(day, at, tzinfo=timezone).astimezone(UTC)
        if due <= now:
            return due
    raise AssertionError("yesterday's moment is in the past")


class Nightly:
    """Runs one job each night, catching up one missed night, never twice at once, also across processes.

    `since` is when this house was first opened: nights before it are nobody's.
    """

    def __init__(
        self, job: Job, *, runs: Runs, at: time, timezone: ZoneInfo, since: datetime, clock: Callable[[], datetime]
    ) -> None:
        self._job = job
        self._runs = runs
        self._at = at
        self._timezone = timezone
        self._since = since
        self._clock = clock
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._working = asyncio.Lock()

    async def tick(self) -> JobReport | None:
        """Run what is due and has not run. None: nothing was, or somebody else is at it."""
        due_at = last_due(self._clock(), at=self._at, timezone=self._timezone)
        if due_at < self._since:
            return None
        last = await self._runs.last(self._job.name)
        if last is not None and last.due_at >= due_at and last.state is not RunState.RUNNING:
            return None
        return await self.run(due_at=due_at)

    async def run(self, *, due_at: datetime) -> JobReport | None:
        """Run now, as the run that was due at `due_at`. None: it is done already, or somebody else is at it."""
        if self._working.locked():
            return None
        async with self._working, self._leased() as mine:
            if not mine or not await self._runs.begin(self._job.name, due_at=due_at, now=self._clock()):
                return None
            log.info("job begins", job=self._job.name, due_at=due_at.isoformat())
            try:
                report = await self._job.run(due_at=due_at)
            except Exception as error:
                log.exception("job failed", job=self._job.name)
                await self._end(due_at, RunState.FAILED, {"error": type(error).__name__})
                raise
            await self._end(due_at, RunState.DONE, dict(report.counts))
            log.info("job ends", job=self._job.name, **report.counts)
            return report

    async def _end(self, due_at: datetime, state: RunState, report: dict[str, int] | dict[str, str]) -> None:
        await self._runs.end(self._job.name, due_at=due_at, state=state, report=json.dumps(report), now=self._clock())

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[bool]:
        name = self._job.name
        if not await self._runs.lease(name, holder=self._holder, now=self._clock(), lasts=LEASE):
            yield False
            return
        keeper = asyncio.create_task(self._keep_lease())
        try:
            yield True
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
            await self._runs.release(name, holder=self._holder, now=self._clock())

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 4)
            await self._runs.lease(self._job.name, holder=self._holder, now=self._clock(), lasts=LEASE)


async def ticking(nightly: Nightly) -> None:
    """Tick until cancelled; the first tick at once, which catches up a missed night."""
    await _tick_once(nightly)
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(_tick_once, "interval", [nightly], seconds=TICK.total_seconds(), max_instances=1, coalesce=True)
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


async def _tick_once(nightly: Nightly) -> None:
    try:
        await nightly.tick()
    except Exception:  # the loop's edge: one bad night must not end all others
        log.exception("tick failed")
