"""Read a file with a reader, as the tests of the readers need it."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from adapters.imports.source import Item, Reader, Skipped, Source
from memory.importing import ImportedTurn

PAYLOADS = Path(__file__).parents[2] / "payloads" / "imports"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def items(read: Reader, path: Path | str, *, zone: tzinfo = UTC) -> list[Item]:
    return list(read(Source(path=PAYLOADS / path, zone=zone, now=NOW)))


def said(read: Reader, path: Path | str, *, zone: tzinfo = UTC) -> list[ImportedTurn]:
    return [item for item in items(read, path, zone=zone) if isinstance(item, ImportedTurn)]


def skipped(read: Reader, path: Path | str) -> list[Skipped]:
    return [item for item in items(read, path) if isinstance(item, Skipped)]
