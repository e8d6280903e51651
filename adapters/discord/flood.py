"""Discord's limit on everything a bot sends, kept without running into it again and again.

discord.com takes 50 requests a second in all (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit)
and discord.py only reacts, five times, before it gives a message up. Here requests are spaced before they leave. Other
servers are believed to have no such limit until they say so once. Limits of single channels are discord.py's work.
"""

import asyncio
from types import SimpleNamespace

import aiohttp
import structlog

PER_SECOND = 45.0  # a little under the limit: requests do not travel equally fast
BURST = 3  # how many may leave at once
REMEMBERED = 600.0  # seconds after the last refusal

log = structlog.get_logger()


class Flood:
    """The queue to the platform. `paced`: keep the limit from the start."""

    def __init__(self, *, paced: bool) -> None:
        self._paced_until = float("inf") if paced else 0.0
        self._next = 0.0  # when the request after all that wait now may leave

    def backlog(self) -> float:
        """Seconds that a request made now would wait here."""
        now = asyncio.get_running_loop().time()
        return 0.0 if now >= self._paced_until else self._wait(now)

    def _wait(self, now: float) -> float:
        return max(0.0, self._next - now - BURST / PER_SECOND)

    async def turn(self) -> None:
        """Wait until a request may leave."""
        now = asyncio.get_running_loop().time()
        if now >= self._paced_until:
            return
        self._next = max(self._next, now) + 1 / PER_SECOND
        if (wait := self._wait(now)) > 0:
            await asyncio.sleep(wait)

    def refused(self) -> None:
        """The platform said that it was too much."""
        now = asyncio.get_running_loop().time()
        if now >= self._paced_until:
            log.info("discord.paced", per_second=PER_SECOND)
        self._paced_until = max(self._paced_until, now + REMEMBERED)

    def trace(self) -> aiohttp.TraceConfig:
        """What makes discord.py's requests, its own repetitions included, wait their turn."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._starts)
        config.on_request_end.append(self._ends)
        return config

    async def _starts(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        path = params.url.path
        if "/interactions/" in path or "/webhooks/" in path or params.url.scheme.startswith("ws"):
            return  # not bound by the limit, and answers to people who wait
        await self.turn()

    async def _ends(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if params.response.status != 429:
            return
        # The body stays in the response: discord.py reads the same bytes again.
        if b'"global": true' in (body := await params.response.read()) or b'"global":true' in body:
            self.refused()
