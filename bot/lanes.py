"""Order within a conversation, concurrency across them.

A lane is a conversation's queue and the one task that works it off. It is there while there is work and gone after.
Knows nothing of messages: it is given callables.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import structlog

Work: TypeAlias = Callable[[], Awaitable[None]]

log = structlog.get_logger()


class _Lane:
    def __init__(self) -> None:
        self.waiting: deque[Work] = deque()
        self.task: asyncio.Task[None] | None = None


class Lanes:
    """All conversations' queues. Works within `open()`; at its end what is under way may finish."""

    def __init__(self, *, drain_seconds: float) -> None:
        self._drain_seconds = drain_seconds
        self._lanes: dict[str, _Lane] = {}
        self._group: asyncio.TaskGroup | None = None
        self._loose: dict[asyncio.Task[None], str] = {}  # work beside the queues, and whose it is
        self._draining = False
        self._closed = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Lanes"]:
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield self
            finally:
                await self._drain()

    def __len__(self) -> int:
        """Conversations with something under way."""
        return len(self._lanes)

    def waiting(self, key: str) -> int:
        """How many wait in a conversation, without the one under way."""
        lane = self._lanes.get(key)
        return len(lane.waiting) if lane else 0

    def add(self, key: str, work: Work) -> None:
        """Do `work` after everything else in the conversation `key`; not at all once the end has come."""
        if self._group is None:
            raise RuntimeError("Lanes work only while they are open.")
        if self._draining:
            return
        lane = self._lanes.setdefault(key, _Lane())
        lane.waiting.append(work)
        if lane.task is None:
            lane.task = self._group.create_task(self._work_off(key, lane), name=f"lane {key}")

    def aside(self, key: str, work: Work) -> None:
        """Do `work` now, beside the queue: a refusal, a /stop; not at all once the end is over."""
        if self._group is None:
            raise RuntimeError("Lanes work only while they are open.")
        if self._closed:
            return
        task = self._group.create_task(_guarded(key, work), name=f"aside {key}")
        self._loose[task] = key
        task.add_done_callback(self._loose.pop)

    async def idle(self, key: str) -> None:
        """Wait until nothing is under way in a conversation, nor beside it."""
        while (lane := self._lanes.get(key)) is not None and lane.task is not None:
            await asyncio.wait({lane.task})
        while beside := [task for task, whose in self._loose.items() if whose == key]:
            await asyncio.wait(beside)

    async def _work_off(self, key: str, lane: _Lane) -> None:
        try:
            while lane.waiting:
                await _guarded(key, lane.waiting.popleft())
        finally:
            del self._lanes[key]

    async def _drain(self) -> None:
        """Let what is under way finish, for a while. What waits is in the inbox: it is answered at the next start."""
        self._draining = True
        for lane in self._lanes.values():
            lane.waiting.clear()
        try:
            async with asyncio.timeout(self._drain_seconds):
                while tasks := self._under_way():
                    await asyncio.wait(tasks)
        except TimeoutError:
            for task in self._under_way():
                task.cancel()
        finally:
            self._closed = True

    def _under_way(self) -> list[asyncio.Task[None]]:
        return [lane.task for lane in self._lanes.values() if lane.task] + list(self._loose)


async def _guarded(key: str, work: Work) -> None:
    try:
        await work()
    except Exception:  # a loop's edge: one message's fault must not end its conversation
        log.exception("message failed", chat=key)
