"""Who waits for the model, in order.

Knows nothing of models: it lets a bounded number in and tells each of the others which place it has.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Ticket:
    """A place in the line, until the first word comes."""

    def __init__(self, line: "Line") -> None:
        self._line = line

    @property
    def place(self) -> int:
        """1 for whoever is next; 0 once the first word has come."""
        return self._line.place_of(self)

    def served(self) -> None:
        """The first word has come: those behind move up."""
        self._line.leave(self)


class Line:
    """Lets `room` in at a time, first come first served."""

    def __init__(self, room: int) -> None:
        self._room = asyncio.Semaphore(room)
        self._waiting: dict[Ticket, None] = {}  # in order of arrival

    def __len__(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def queued(self, ticket: Ticket) -> AsyncIterator[None]:
        """Wait for room, and hold it within."""
        try:
            async with self._room:
                yield
        finally:
            self.leave(ticket)

    def join(self) -> Ticket:
        ticket = Ticket(self)
        self._waiting[ticket] = None
        return ticket

    def leave(self, ticket: Ticket) -> None:
        self._waiting.pop(ticket, None)

    def place_of(self, ticket: Ticket) -> int:
        for place, waiting in enumerate(self._waiting, start=1):
            if waiting is ticket:
                return place
        return 0
