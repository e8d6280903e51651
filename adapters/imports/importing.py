"""Import an exported history: read, write to the log, index, all three at once, and tell how far it has come.

Reading runs in a thread, a batch at a time; while one batch is embedded and indexed, which takes longest, the next is
read and written. Killed at any moment, it goes on where it stopped when it is started again: what is in is known.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Protocol

from adapters.imports.detect import reader
from adapters.imports.replies import linked
from adapters.imports.source import Item, Reason, Skipped, Source
from bot.errors import ImportRefused
from memory.database import Database
from memory.importing import ImportedTurn, ImportWriter, Me
from memory.records import Memory, Scope

BATCH = 256  # rows read, written and embedded at a time
TOLD = 20  # unreadable rows that a report names; the rest it counts


class Indexer(Protocol):
    """What an import asks of the memory."""

    async def add(self, memories: Sequence[Memory]) -> None:
        """Make turns that are already in the log searchable, and say so there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import has come."""

    file: str
    position: int  # bytes read of all files
    size: int  # bytes of all files
    turns: int  # new and known


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one scope got."""

    scope: Scope
    new: int
    known: int  # were there before


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or, in a dry run, would do."""

    formats: Sequence[str]
    scopes: Sequence[Imported]
    skipped: dict[Reason, int]
    unreadable: Sequence[Skipped]  # the first of them
    dry_run: bool
    seconds: float

    @property
    def new(self) -> int:
        return sum(scope.new for scope in self.scopes)

    @property
    def known(self) -> int:
        return sum(scope.known for scope in self.scopes)


@dataclass(slots=True)
class _Tally:
    new: Counter[Scope] = field(default_factory=Counter)
    known: Counter[Scope] = field(default_factory=Counter)
    skipped: Counter[Reason] = field(default_factory=Counter)
    unreadable: list[Skipped] = field(default_factory=list)
    formats: dict[str, None] = field(default_factory=dict)  # in the order they came

    def skip(self, row: Skipped) -> None:
        self.skipped[row.reason] += 1
        if row.reason is Reason.UNREADABLE and len(self.unreadable) < TOLD:
            self.unreadable.append(row)

    def report(self, *, dry_run: bool, seconds: float) -> ImportReport:
        scopes = dict.fromkeys((*self.new, *self.known))
        return ImportReport(
            formats=tuple(self.formats),
            scopes=[Imported(scope=scope, new=self.new[scope], known=self.known[scope]) for scope in scopes],
            skipped=dict(self.skipped),
            unreadable=tuple(self.unreadable),
            dry_run=dry_run,
            seconds=seconds,
        )


async def import_file(
    path: Path,
    *,
    database: Database,
    indexer: Indexer,
    scope: Scope | None,
    dry_run: bool,
    now: datetime,
    zone: tzinfo = UTC,
    format: str | None = None,  # noqa: A002  what the command line calls it
    me: Me | None = None,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportReport:
    """Import `path`: an exported file, or a folder of them.

    `scope` is whose memory all of it becomes; without one, each conversation becomes a place of its own
    (`place:locomo:conv-26`; an exported Telegram group or Discord channel, that very group's or channel's). `zone` is
    that of times written without one. `me` is the speaker who is a known person; nobody else becomes one.

    Raises:
        ImportRefused: the format is unknown, or the file is broken; what came before the break is in.
        DatabaseError: the database did not take it.
    """
    began = time.monotonic()
    sources = [Source(path=file, zone=zone, now=now) for file in await asyncio.to_thread(_files, path)]
    size = sum(source.path.stat().st_size for source in sources)
    writer = ImportWriter(database, scope=scope, me=me, dry_run=dry_run, now=now)
    tally = _Tally()
    done = 0
    indexing: asyncio.Task[None] | None = None
    try:
        for source in sources:
            items = await asyncio.to_thread(_opened, source, format, tally, alone=len(sources) == 1)
            refusal: ImportRefused | None = None
            while refusal is None:
                batch, refusal = await asyncio.to_thread(_next, items)
                if not batch:
                    break
                memories = await _write(batch, writer, tally)
                if indexing is not None:
                    await indexing
                indexing = asyncio.create_task(indexer.add(memories)) if memories else None
                turns = tally.new.total() + tally.known.total()
                progress(ImportProgress(file=source.path.name, position=done + source.position, size=size, turns=turns))
            if refusal is not None:
                raise refusal
            done += source.path.stat().st_size
    finally:
        if indexing is not None:
            await indexing
    return tally.report(dry_run=dry_run, seconds=time.monotonic() - began)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise ImportRefused(f"{path} does not exist.", hint="Check the path.")
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix in (".json", ".jsonl", ".txt", ".log"))
    files = [file for file in files if file.is_file() and not file.name.endswith(".annotation.txt")]
    if not files:
        raise ImportRefused(f"{path} holds no exported history.", hint="Name a .json, .jsonl, .txt or .log file.")
    return files


def _opened(source: Source, format_name: str | None, tally: _Tally, *, alone: bool) -> Iterator[Item]:
    """The items of a file. Among others in a folder, a file of an unknown format is one row that cannot be read."""
    try:
        name, read = reader(source, format_name=format_name)
    except ImportRefused as refusal:
        if alone or format_name is not None:
            raise
        return iter([Skipped(reason=Reason.UNREADABLE, where=source.path.name, why=refusal.message)])
    tally.formats[name] = None
    return linked(read(source))


def _next(items: Iterator[Item]) -> tuple[list[Item], ImportRefused | None]:
    """The next rows, and why there are no more where the file is broken: what stands before the break is kept."""
    batch: list[Item] = []
    try:
        for item in islice(items, BATCH):
            batch.append(item)  # noqa: PERF402  extend() would lose the rows before an error
    except ImportRefused as refusal:
        return batch, refusal
    return batch, None


async def _write(batch: Sequence[Item], writer: ImportWriter, tally: _Tally) -> Sequence[Memory]:
    for item in batch:
        if isinstance(item, Skipped):
            tally.skip(item)
    written = await writer.write([item for item in batch if isinstance(item, ImportedTurn)])
    tally.new.update(written.new)
    tally.known.update(written.known)
    return written.memories
