"""Two addresses for whoever watches over the process: `/healthz`, it lives; `/readyz`, it can answer.

Knows HTTP and nothing else: what "ready" means is a callable handed in.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

import structlog
from aiohttp import web

from bot.errors import ConfigError

Readiness: TypeAlias = Callable[[], Mapping[str, bool]]
"""Each part's name and whether it is ready. Called for every request: it must not block."""

log = structlog.get_logger()


@asynccontextmanager
async def served(host: str, port: int, *, readiness: Readiness) -> AsyncIterator[int]:
    """Serve both addresses until the block ends; gives the port, of use where 0 was asked for.

    Raises:
        ConfigError: the address cannot be had.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        parts = dict(readiness())
        ready = all(parts.values())
        status = "ok" if ready else "waiting"
        return web.json_response({"status": status, "parts": parts}, status=200 if ready else 503)

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"health.listen: {host}:{port} cannot be used: {error.strerror or error}.",
                hint="Choose another port, or leave it empty.",
            ) from error
        bound = int(runner.addresses[0][1])
        log.info("health checks served", host=host, port=bound)
        yield bound
    finally:
        await runner.cleanup()
