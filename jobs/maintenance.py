"""What every night ends with, whatever else it does: the store agrees with the log, and neither grows without need.

Works through ports only; running it again at once changes nothing.
"""

from datetime import datetime
from typing import Protocol

from jobs.job import JobReport
from memory.indexer import RepairReport


class Indexer(Protocol):
    """What the night asks of whoever fills the vector store."""

    async def repair(self) -> RepairReport:
        """Index what only SQL has, remove what only the store has."""
        ...


class Store(Protocol):
    """What the night asks of the vector store."""

    async def tidy(self) -> None:
        """Compact fragments, bring indices up to date, drop old versions."""
        ...


class Maintenance:
    """The nightly job."""

    name = "nightly"

    def __init__(self, *, indexer: Indexer, store: Store) -> None:
        self._indexer = indexer
        self._store = store

    async def run(self, *, due_at: datetime) -> JobReport:
        repaired = await self._indexer.repair()
        await self._store.tidy()
        return JobReport(counts={"indexed": repaired.indexed, "removed": repaired.removed})
