"""JSON files that may be larger than memory, one value at a time.

The only module that imports ijson, and of it only the part in Python: the C parser crashes the process on an integer of
more digits than Python converts (ijson 3.6), and 16 MB/s are far more than an import needs.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from ijson.backends import python as ijson  # type: ignore[import-untyped]  # it ships no types
from ijson.common import JSONError, ObjectBuilder  # type: ignore[import-untyped]

from adapters.imports.source import Source
from bot.errors import ImportRefused

CHUNK = 64 * 1024  # bytes read at a time
HEAD = 256 * 1024  # bytes that are enough to tell a format
DEEPEST = 200  # levels of nesting; no export comes near, and a file made of brackets must not fill the memory


def values(source: Source, *prefixes: str) -> Iterator[tuple[str, object]]:
    """Every value at one of `prefixes` ("messages.item"), in the file's order, each built whole.

    Raises:
        ImportRefused: the file is not JSON, or ends too soon; what came before it has been yielded.
    """
    wanted = frozenset(prefixes)
    builder: ObjectBuilder | None = None
    begun = ""
    depth = 0
    with source.open() as file:
        try:
            for prefix, event, value in _events(file):
                if builder is None:
                    if prefix not in wanted or event in ("map_key", "end_map", "end_array"):
                        continue
                    builder, begun = ObjectBuilder(), prefix
                builder.event(event, value)
                depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
                if depth == 0:
                    source.position = file.tell()
                    yield begun, builder.value
                    builder = None
        except (JSONError, ValueError) as error:
            raise ImportRefused(
                f"{source.path.name} stops being JSON before byte {file.tell()}: {_first_line(error)}.",
                hint="Export it again, or check that the copy is whole; what was read so far does not come twice.",
            ) from error


def outline(head: bytes) -> set[str]:
    """The prefixes of everything in the first bytes of a JSON file; empty where it is not one."""
    found: set[str] = set()
    try:
        found.update(prefix for prefix, _, _ in _events(io.BytesIO(head)))
    except (JSONError, ValueError):
        return found  # the head ends somewhere in the middle
    return found


def _events(file: BinaryIO) -> Iterator[tuple[str, str, Any]]:
    """ijson's events with their prefixes: what its own `parse` does, with a limit to the depth."""
    path: list[str] = [""]
    for event, value in ijson.basic_parse(file, buf_size=CHUNK):
        if event == "map_key":
            path[-1] = f"{path[-2]}.{value}".lstrip(".")
            yield path[-2], event, value
        elif event in ("end_map", "end_array"):
            path.pop()
            yield path[-1], event, value
        else:
            yield path[-1], event, value
            if event in ("start_map", "start_array"):
                if len(path) > DEEPEST:
                    raise ValueError(f"it is nested more than {DEEPEST} deep")
                path.append(f"{path[-1]}.item".lstrip(".") if event == "start_array" else path[-1])


def _first_line(error: Exception) -> str:
    text = str(error.args[0] if error.args else error)
    return text.splitlines()[0].strip()[:100] if text else type(error).__name__
