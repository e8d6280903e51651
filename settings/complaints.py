"""Say what is wrong with a setting: where it was written, why, and the nearest right thing.

Never repeats a value that may be a secret. Reads no file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from pydantic_core import ErrorDetails

from settings.sections import SECRETS, keys
from settings.values import nearest

PREFIX = "MARTIN__"

Place: TypeAlias = tuple[str, ...]
"""Where a value belongs: ("language",) or ("model", "name")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One value as somebody wrote it, and where."""

    value: object
    source: str  # "config.toml", ".env", "environment"
    variable: str = ""  # its name, in the last two

    def __str__(self) -> str:
        return f"{self.source}: {self.variable}" if self.variable else self.source


def misspelt(variables: Mapping[str, str]) -> list[str]:
    """Names in `.env` that are nearly ours. The environment is not asked: it is shared with other programs."""
    known = [*SECRETS, "MARTIN_CONFIG"]
    for section, names in keys().items():
        known += [PREFIX + (f"{section}__{name}" if section else name).upper() for name in names]
    problems = []
    for name in variables:
        if name not in known and not name.startswith(PREFIX):
            close = get_close_matches(name.upper(), known, n=1, cutoff=0.8)
            problems += [f".env: {name} is not read. Did you mean {close[0]!r}?"] if close else []
    return problems


def misplaced_secrets(given: dict[Place, Given]) -> list[str]:
    """Complain of secrets written in a file that people show each other, and take them out of `given`."""
    variables: dict[Place, str] = {place: name for name, place in SECRETS.items()}
    variables |= {(name.lower(),): name for name in SECRETS}
    problems = []
    for place in list(given):
        variable = variables.get(tuple(part.lower() for part in place))
        if variable or re.search(r"(^|_)(token|api_key|secret|password)$", place[-1].lower()):
            source = given.pop(place).source
            mend = f"Write {variable}=… in .env" if variable else "Secrets belong in .env"
            problems.append(f"{source}: {_named(place)} is a secret. {mend}, and take it out of {source}.")
    return problems


def complaint(detail: ErrorDetails, given: Mapping[Place, Given]) -> str:
    """One line for one of pydantic's errors."""
    where = tuple(str(part) for part in detail["loc"])
    one = next((found for place, found in given.items() if place == where[: len(place)]), None)
    below = next((found for place, found in given.items() if where == place[: len(where)]), None)
    return f"{one or below or 'config.toml'}: {_reason(detail, where[:2], is_section=one is None)}"


def _reason(detail: ErrorDetails, place: Place, *, is_section: bool) -> str:
    known = keys()
    match detail["type"], place:
        case "extra_forbidden", (name,) if is_section:
            return f"there is no section [{name}].{nearest(name, known)}"
        case "extra_forbidden", (name,):
            return f"there is no key {name!r} outside the sections.{nearest(name, known['']) or _elsewhere(name)}"
        case "extra_forbidden", (section, name):
            secrets = [field for home, field in SECRETS.values() if home == section]
            near = nearest(name, known[section] + secrets) or _elsewhere(name)
            return f"[{section}] has no key {name!r}.{near}"
        case "model_type" | "model_attributes_type", (section, *_):
            return f"[{section}] is a section, with keys of its own below it."
    return f"{_named(place)}: {detail['msg']}"


def _named(place: Place) -> str:
    if len(place) == 1:
        return f"[{place[0]}]" if place[0] in keys() else place[0]
    return f"[{place[0]}] {place[1]}"


def _elsewhere(name: str) -> str:
    """Where a key that was written in the wrong section belongs."""
    homes = [section for section, names in keys().items() if name in names and section]
    return f" It belongs in [{homes[0]}]." if homes else ""
