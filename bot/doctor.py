"""Look at everything Martín needs and say what is wrong, each with its mend.

Knows the machine, the database and the shape of a finding; the platforms and the models bring checks of their own.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from bot.errors import BotError
from bot.i18n import say
from memory.database import Database, DatabaseError
from memory.encoder import EmbedderUnavailable

PATIENCE = 30.0  # seconds for one check; loading an embedding model on a slow disk is within it
LITTLE = 2 * 1024**3  # bytes free: enough for now
NOTHING = 200 * 1024**2  # bytes free: too few to start with


class Level(StrEnum):
    GOOD = "good"
    WARNING = "warning"  # Martín works, but not as well as he could
    PROBLEM = "problem"  # he could not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look showed."""

    about: str  # "disk", "telegram", …
    level: Level
    text: str
    mend: str = ""  # what to do about it; empty where all is well


Check: TypeAlias = Callable[[], Awaitable[Sequence[Finding]]]


async def examine(checks: Mapping[str, Check], *, language: str, patience: float = PATIENCE) -> list[Finding]:
    """Run every check at once and give their findings in the order of the checks.

    A check that raises one of our errors, or takes longer than `patience` seconds, is itself a finding.
    """

    async def one(about: str, check: Check) -> Sequence[Finding]:
        try:
            async with asyncio.timeout(patience):
                return await check()
        except TimeoutError:
            text = say(language, "doctor-slow", seconds=round(patience))
            return [problem(about, text, say(language, "doctor-slow-mend"))]
        except (BotError, DatabaseError, EmbedderUnavailable) as error:
            text = error.message if isinstance(error, BotError) else str(error).removesuffix(error.hint).strip()
            return [problem(about, text, error.hint)]
        except OSError as error:
            text = say(language, "doctor-closed", path=str(error.filename or ""), reason=error.strerror or str(error))
            return [problem(about, text, say(language, "doctor-closed-mend"))]

    found = await asyncio.gather(*(one(about, check) for about, check in checks.items()))
    return [finding for findings in found for finding in findings]


def can_work(findings: Sequence[Finding]) -> bool:
    """Whether Martín would work as he is."""
    return not any(finding.level is Level.PROBLEM for finding in findings)


def good(about: str, text: str) -> Finding:
    return Finding(about=about, level=Level.GOOD, text=text)


def warning(about: str, text: str, mend: str) -> Finding:
    return Finding(about=about, level=Level.WARNING, text=text, mend=mend)


def problem(about: str, text: str, mend: str) -> Finding:
    return Finding(about=about, level=Level.PROBLEM, text=text, mend=mend)


async def disk(folder: Path, *, language: str) -> Sequence[Finding]:
    """Whether `folder` can be written and has room. Makes it, private to its owner, if it is not there."""

    def look() -> int:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
        return shutil.disk_usage(folder).free

    try:
        free = await asyncio.to_thread(look)
    except OSError as error:
        text = say(language, "doctor-folder-closed", folder=str(folder), reason=error.strerror or "")
        return [problem("disk", text, say(language, "doctor-folder-closed-mend", folder=str(folder)))]
    text = say(language, "doctor-disk", folder=str(folder), free=round(free / 1024**3, 1))
    if free >= LITTLE:
        return [good("disk", text)]
    level = Level.PROBLEM if free < NOTHING else Level.WARNING
    return [Finding(about="disk", level=level, text=text, mend=say(language, "doctor-disk-mend"))]


async def database(url: str, *, language: str) -> Sequence[Finding]:
    """Whether the database opens and is, or can be brought, at the newest schema."""
    async with Database.open(url):
        return [good("database", say(language, "doctor-database"))]
