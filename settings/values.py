"""The kinds of value a key may have, beyond what pydantic knows.

Each says in words what it wanted. Knows no key.
"""

import json
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError
from tzlocal import get_localzone_name


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'path'?`, or nothing where no known word is near."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def refuse(reason: str) -> NoReturn:
    raise PydanticCustomError("refused", "{reason}", {"reason": reason})


def _items(value: object) -> object:
    """A list as TOML has it, or as the environment can say it: `a, b` or `["a", "b"]`."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            refuse('It is not a list. Write a, b or ["a", "b"].')
    return [item for item in re.split(r"[,\s]+", text) if item]


def _identities(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[a-z]+:[^\s:]+", value):
            refuse(f"{value!r} is not PLATFORM:NUMBER, like 'telegram:123456789'.")
    return values


def _listens(value: str) -> str:
    if value:
        address(value)
    return value


def _url(*schemes: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value and value.partition("://")[0] not in schemes:
            refuse(f"{value!r} does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        return value.rstrip("/")

    return check


def _zone(name: str) -> str:
    if not name:
        try:
            name = get_localzone_name()
        except LookupError:  # a container without a time zone
            name = "UTC"
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        refuse(f"There is no time zone {name!r}.{nearest(name, available_timezones())}")
    return name


Names = Annotated[tuple[str, ...], BeforeValidator(_items)]
Identities = Annotated[Names, AfterValidator(_identities)]
Listen = Annotated[str, AfterValidator(_listens)]
Http = Annotated[str, AfterValidator(_url("http", "https"))]
WebSocket = Annotated[str, AfterValidator(_url("ws", "wss"))]
Zone = Annotated[str, AfterValidator(_zone)]


def address(listen: str) -> tuple[str, int]:
    """`127.0.0.1:8443` or `[::1]:8443` as host and port."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) < 65536:
        refuse(f"{listen!r} is not HOST:PORT, like '127.0.0.1:8080'.")
    return host.strip("[]"), int(port)
