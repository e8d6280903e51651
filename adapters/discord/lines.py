"""One line for each channel: jobs of one are done in order, jobs of different ones at the same time.

Knows nothing of Discord.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeAlias

import structlog

Job: TypeAlias = Callable[[], Awaitable[None]]

MOMENT = 3.0  # seconds

log = structlog.get_logger()


class Lines:
    """A line exists while it has jobs. A job that fails is logged and holds nothing up."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    def put(self, line: Hashable, job: Job) -> None:
        """Do `job` after everything that was put in the same line before."""
        waiting = self._waiting.get(line)
        if waiting is not None:
            waiting.append(job)
            return
        self._waiting[line] = deque([job])
        worker = asyncio.create_task(self._work(line))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, line: Hashable) -> None:
        waiting = self._waiting[line]
        try:
            while waiting:
                try:
                    await waiting.popleft()()
                except Exception:  # a loop's edge: the next job must not suffer
                    log.exception("discord.job_failed", channel=str(line))
        finally:
            self._waiting.pop(line, None)

    async def close(self) -> None:
        """Finish what is under way within a moment, and give up the rest."""
        workers = tuple(self._workers)
        if workers:
            await asyncio.wait(workers, timeout=MOMENT)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
