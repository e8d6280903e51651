"""What commands print with, and how an error reads. Knows no command."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def settings_of(context: typer.Context) -> "Settings":
    """The settings that the command line asks for; what goes wrong from here on is logged as they say.

    Raises:
        ConfigError: they are wrong.
    """
    import logs
    from settings import load

    settings = load(context.find_root().obj)
    level = "debug" if settings.log.level == "debug" else "warning"  # a command is not the bot: its news are its answer
    logs.configure(level=level, style=settings.log.format, secrets=settings.secrets)
    return settings


def stdout() -> "Console":
    from rich.console import Console

    return Console()


def stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


def print_json(value: object) -> None:
    """`value` as JSON on standard output: dataclasses as objects, times in ISO 8601, the rest by name."""
    import json

    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def explained(error: BaseException) -> tuple[str, str] | None:
    """What an error says and what mends it; None for one that nobody foresaw.

    Every error we foresee carries a `hint`, those of `memory`, which knows no `BotError`, too. Of a group, each part.
    So does the system's refusal of a file that a person named, or of the data folder.
    """
    from rich.markup import escape

    if isinstance(error, BaseExceptionGroup):
        parts = [explained(part) for part in error.exceptions]
        known = [part for part in parts if part is not None]
        return ("\n".join(text for text, _ in known), known[0][1]) if len(known) == len(parts) else None
    if isinstance(error, OSError) and error.filename is not None:
        return escape(f"{error.filename}: {error.strerror}."), "Check the path, and who may write there."
    hint: Any = getattr(error, "hint", None)
    if not isinstance(hint, str):
        return None
    text = str(getattr(error, "message", error)).removesuffix(hint).strip()
    return escape(text), escape(hint)


def now() -> datetime:
    return datetime.now(UTC)
