"""Writes that must not be lost: tried until the database takes them.

Knows nothing of what is written.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from memory.database import DatabaseError

T = TypeVar("T")

LONGEST_PAUSE = 30.0  # seconds between two tries

log = structlog.get_logger()


async def until_written(
    write: Callable[[], Awaitable[T]], *, chat: str, failed: Callable[[], object] = lambda: None
) -> T:
    """What `write` returns, once it has not raised a DatabaseError. `failed` is called each time it has."""
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(DatabaseError), wait=wait_exponential(max=LONGEST_PAUSE), reraise=True
    ):
        with attempt:
            return await write()
        outcome = attempt.retry_state.outcome
        log.error("cannot write", chat=chat, reason=str(outcome and outcome.exception()))
        failed()
    raise AssertionError("it is tried until it succeeds")
