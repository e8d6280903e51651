"""The real program, as its owner starts it: a process of its own, which can be killed at any moment.

Configured by the environment alone, in a folder of its own.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

MARTIN = Path(sys.executable).with_name("martin")  # what `make install` puts beside Python
STOP_SECONDS = 30


class Program:
    """`martin run` in `folder`. Its log is `folder/log`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("MARTIN", "TELEGRAM", "DISCORD"))
            },
            "MARTIN__STORAGE__DATA_DIR": str(folder / "data"),
            **environment,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it. It may still be loading when this returns."""
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                MARTIN, "run", cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )

    @property
    def process(self) -> psutil.Process:
        """Its counters, while it lives."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    async def kill(self) -> None:
        """As `kill -9`: no warning, no chance to clean up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """As a supervisor does: SIGTERM, then wait. Returns the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        async with asyncio.timeout(STOP_SECONDS):
            return await process.wait()


@asynccontextmanager
async def running(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Program]:
    """A program that is started, and gone afterwards."""
    program = Program(folder, environment)
    await program.start()
    try:
        yield program
    finally:
        await program.kill()
