"""One exported file as its reader sees it, and what a reader may say about it.

Knows bytes, lines and how far the reading has come; knows no format.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TypeAlias

from bot.errors import ImportRefused
from memory.importing import ImportedTurn

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 4 * 1024 * 1024  # bytes; what is longer is not a line of a chat, and must not fill the memory


class Reason(StrEnum):
    """Why a row of the file did not become a turn."""

    SERVICE = "service"  # the platform's own notices: joined, pinned, called, deleted; an assistant's tool calls
    EMPTY = "empty"  # nothing was said
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that did not become a turn."""

    reason: Reason
    where: str  # "line 12", "message 340 of chat Ana"
    why: str = ""


Item: TypeAlias = ImportedTurn | Skipped


@dataclass(slots=True, kw_only=True)
class Source:
    """A file to read, and what its format leaves unsaid."""

    path: Path
    zone: tzinfo  # of times written without one
    now: datetime  # aware, UTC: for rows without any time
    position: int = field(default=0, init=False)  # bytes read so far, for a progress bar

    @property
    def stem(self) -> str:
        """The file's name without its endings: `2004-11-15_03` of `2004-11-15_03.ascii.txt`."""
        name = self.path.name
        for ending in (".txt", ".log", ".jsonl", ".json", ".ascii"):
            name = name.removesuffix(ending)
        return name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file after its byte order mark.

        Raises:
            ImportRefused: it cannot be opened.
        """
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise ImportRefused(
                f"{self.path} cannot be opened ({error.strerror}).", hint="Check the path and who may read it."
            ) from error
        with file:
            if file.read(len(BOM)) != BOM:
                file.seek(0)
            yield file

    def lines(self) -> Iterator[tuple[int, str]]:
        """The file's lines, numbered from 1, without their ends; bytes that are not UTF-8 become U+FFFD."""
        with self.open() as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                self.position = file.tell()
                yield number, line.decode("utf-8", "replace").rstrip("\r\n")


Reader: TypeAlias = Callable[[Source], Iterator[Item]]
"""Yields what a file holds, in its order, in bounded memory. Raises only `ImportRefused`: the file is broken there."""
