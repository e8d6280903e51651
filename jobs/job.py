"""What a job is: a name, and work that reports what it did.

Knows no scheduler and no platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What one run did, counted. The keys are stable: people and charts read them."""

    counts: Mapping[str, int] = field(default_factory=dict)


class Job(Protocol):
    """Work that can be interrupted at any moment and run again: it ends in the same state."""

    @property
    def name(self) -> str: ...

    async def run(self, *, due_at: datetime) -> JobReport: ...
