"""Which jobs ran, and who is running one now: the truth that a scheduler's own store loses.

SQL only. A run is known by its job and the moment it was due; a lease says which process works on it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database, insert_new
from memory.schema import job_runs, leases


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one job."""

    job: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    state: RunState
    report: str  # JSON


class Runs:
    """Runs and leases, over one database that several processes may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, job: str) -> Run | None:
        """The newest run of a job, finished or not."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(job_runs).where(job_runs.c.job == job).order_by(job_runs.c.due_at.desc()).limit(1)
                )
            ).one_or_none()
        if row is None:
            return None
        return Run(
            job=row.job,
            due_at=row.due_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            state=RunState(row.state),
            report=row.report,
        )

    async def begin(self, job: str, *, due_at: datetime, now: datetime) -> bool:
        """Note that a run begins, or begins again after a crash. False: it is done already."""

        async def work(connection: AsyncConnection) -> bool:
            row = (
                await connection.execute(
                    insert_new(connection, job_runs)
                    .values(job=job, due_at=due_at, started_at=now, state=RunState.RUNNING)
                    .on_conflict_do_update(
                        index_elements=["job", "due_at"],
                        set_={"started_at": now, "state": RunState.RUNNING},
                        where=job_runs.c.state != RunState.DONE,
                    )
                    .returning(job_runs.c.id)
                )
            ).one_or_none()
            return row is not None

        return await self._database.write(work)

    async def end(self, job: str, *, due_at: datetime, state: RunState, report: str, now: datetime) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(job_runs)
                .where(job_runs.c.job == job, job_runs.c.due_at == due_at)
                .values(finished_at=now, state=state, report=report)
            )

        await self._database.write(work)

    async def lease(self, name: str, *, holder: str, now: datetime, lasts: timedelta) -> bool:
        """Take a lease, or prolong one's own. False: somebody else holds it."""

        async def work(connection: AsyncConnection) -> bool:
            row = (
                await connection.execute(
                    insert_new(connection, leases)
                    .values(name=name, holder=holder, expires_at=now + lasts)
                    .on_conflict_do_update(
                        index_elements=["name"],
                        set_={"holder": holder, "expires_at": now + lasts},
                        where=or_(leases.c.holder == holder, leases.c.expires_at <= now),
                    )
                    .returning(leases.c.name)
                )
            ).one_or_none()
            return row is not None

        return await self._database.write(work)

    async def release(self, name: str, *, holder: str, now: datetime) -> None:
        """Give a lease back early. Of no effect on somebody else's."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(leases).where(leases.c.name == name, leases.c.holder == holder).values(expires_at=now)
            )

        await self._database.write(work)
