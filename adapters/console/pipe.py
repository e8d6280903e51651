"""Lines in, replies out: the console of programs.

Nothing but replies is written to the output, so that a program can read it.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from typing import TextIO

from adapters.console.plain import plain
from bot.errors import ChannelGone
from bot.messages import OutboundMessage

_READ = 65_536  # bytes at a time; a line may be longer


class Pipe:
    """A face with no person before it. What it has written, it cannot take back."""

    live = False

    def __init__(self, *, source: int, output: TextIO) -> None:
        """`source` is a file descriptor: of a pipe, a file or a terminal."""
        self._source = source
        self._output = output
        self._gone = False

    async def lines(self) -> AsyncIterator[str]:
        """Lines, read no faster than they are asked for. What is not UTF-8 is replaced."""
        loop = asyncio.get_running_loop()
        read: asyncio.Queue[bytes | None] = asyncio.Queue()
        asked_for = threading.Semaphore(0)
        # A thread of its own, since a file cannot be polled, and a daemon, since nothing wakes it from a read when
        # Martín is told to stop. It reads by descriptor: no lock of `sys.stdin` is held while the interpreter ends.
        reader = threading.Thread(target=_read, args=(self._source, loop, read, asked_for), name="stdin", daemon=True)
        reader.start()
        while not self._gone:
            asked_for.release()
            line = await read.get()
            if line is None:
                return
            yield line.decode("utf-8", errors="replace").removeprefix("\ufeff")

    def think(self, thinking: bool) -> None:
        """A program sees no thinking."""

    def grow(self, message_id: str, message: OutboundMessage) -> None:
        """A program sees whole replies only."""

    async def settle(self, message_id: str, message: OutboundMessage) -> None:
        try:
            print(plain(message), file=self._output, flush=True)
        except BrokenPipeError as error:
            self._gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())  # what is still buffered must go somewhere
            raise ChannelGone("Nobody reads the output any more.", hint="Keep the pipe open.") from error


def _read(
    source: int, loop: asyncio.AbstractEventLoop, read: "asyncio.Queue[bytes | None]", asked_for: threading.Semaphore
) -> None:
    rest = b""
    try:
        while block := os.read(source, _READ):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                asked_for.acquire()
                loop.call_soon_threadsafe(read.put_nowait, line)
        for last in (rest, None):
            asked_for.acquire()
            loop.call_soon_threadsafe(read.put_nowait, last)
    except RuntimeError:
        return  # the loop is closed: nobody asks any more
