"""One Martín a data folder: a second one started by mistake is refused, naming the first.

The lock is the operating system's: it is gone with the process that held it, however that ended.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


class AlreadyOpen(Exception):
    """Another process works in this data folder."""

    hint = "Stop it first, or give this one a storage.data_dir of its own."


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process alone. Makes it, readable by its owner only, if it is not there.

    Raises:
        AlreadyOpen: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    holder = folder / "martin.pid"
    lock = FileLock(folder / "martin.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        who = ""
        with suppress(OSError):
            who = holder.read_text(encoding="utf-8").strip()
        raise AlreadyOpen(f"Another Martín{f' (process {who})' if who else ''} is using {folder}.") from error
    try:
        holder.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
