"""Files that Martín sends, put where the terminal's user finds them."""

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

from bot.messages import File

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def save(folder: Path, file: File) -> Path:
    """Write `file` into `folder`, beside those that are there already, for its owner's eyes alone."""
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(Path(file.name).name or "file")
    names = (name if number == 1 else Path(f"{name.stem}-{number}{name.suffix}") for number in count(1))
    while True:
        path = folder / next(names)
        with suppress(FileExistsError), os.fdopen(os.open(path, _NEW, 0o600), "wb") as opened:
            opened.write(file.content)
            return path
