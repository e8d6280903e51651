"""The log: one line an event, who it concerns, never what was said, never a secret.

Libraries that log through the standard library end in the same place.
"""

import logging
import logging.handlers
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FILE_BYTES = 5_000_000
FILES = 3
QUIET = ("httpx", "httpcore", "aiosqlite", "apscheduler", "alembic", "discord", "telegram", "aiohttp.access", "asyncio")


def configure(*, level: str, style: str, secrets: Sequence[str], file: Path | None = None) -> None:
    """Log to standard error, or to `file` (rotated) where a terminal is talked in.

    `style` is "console", "json", or "auto": colours on a terminal, else JSON. `secrets` are blotted out wherever they
    turn up, in our own events and in those of libraries.
    """
    if file is None:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = logging.handlers.RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
    coloured = file is None and sys.stderr.isatty()
    shown: Processor = (
        structlog.dev.ConsoleRenderer(colors=coloured)
        if style == "console" or (style == "auto" and coloured)
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Blotted(secrets),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown]
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Blotted:
    """Blots secrets out of an event, however deep in a text they stand."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if not self._secrets:
            return event
        return {key: value if key.startswith("_") else self._blot(value) for key, value in event.items()}

    def _blot(self, value: object) -> object:
        match value:
            case str():
                for secret in self._secrets:
                    value = value.replace(secret, "***")
                return value
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {key: self._blot(held) for key, held in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._blot(held) for held in value]
            case _:
                shown = repr(value)  # as a renderer would write it
                blotted = self._blot(shown)
                return value if blotted == shown else blotted
