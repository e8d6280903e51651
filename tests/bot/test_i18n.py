"""The texts: whole in both languages, every one used, and none missing that is used."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, visitor
from fluent.syntax import ast as ftl

from bot.i18n import LANGUAGES, MissingText, say, supported

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "bot" / "i18n"
PLACES = ("bot", "adapters", "memory", "jobs", "cli", "settings")
SOURCES = sorted([*ROOT.glob("*.py"), *(path for place in PLACES for path in (ROOT / place).rglob("*.py"))])
KEY = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
GAP = re.compile(r"[a-z]+\\-.*\.\+")  # a key of which the source says only a part: f"command-{name}"


class Variables(visitor.Visitor):  # type: ignore[misc]  # the library is not typed
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - the library's name
        self.names.add(node.id.name)


@cache
def entries(language: str) -> list[tuple[str, str, frozenset[str]]]:
    """File, key and variables of every text in a language."""
    found = []
    for path in sorted((TEXTS / language).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ftl.Junk), f"{path}: {entry.content}"
            if isinstance(entry, ftl.Message):
                variables = Variables()
                variables.visit(entry)
                found.append((path.name, entry.id.name, frozenset(variables.names)))
    return found


def keys(language: str) -> dict[str, frozenset[str]]:
    return {key: variables for _, key, variables in entries(language)}


def literals(tree: ast.AST) -> Iterator[re.Pattern[str]]:
    """Every string written in the source, those with gaps as patterns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.compile(re.escape(node.value))
        elif isinstance(node, ast.JoinedStr):
            parts = (re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".+" for each in node.values)
            yield re.compile("".join(parts))


def said(tree: ast.AST) -> Iterator[str]:
    """Every key that is handed to a `say`, or is an error's own."""
    places: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "say":
            places += node.args
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["key"]:
            places.append(node.value)
    for place in places:
        inside = ast.walk(place) if not isinstance(place, ast.JoinedStr) else iter(())
        yield from (each.value for each in inside if isinstance(each, ast.Constant) and KEY.fullmatch(str(each.value)))


@cache
def trees() -> list[ast.AST]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]


def repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def test_both_languages_have_the_same_texts_in_the_same_files() -> None:
    spanish, english = ({(file, key) for file, key, _ in entries(language)} for language in LANGUAGES)
    assert spanish ^ english == set()


def test_a_text_is_given_the_same_values_in_both_languages() -> None:
    spanish, english = (keys(language) for language in LANGUAGES)
    assert {key for key in spanish.keys() & english.keys() if spanish[key] != english[key]} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_written_twice(language: str) -> None:
    assert repeated(key for _, key, _ in entries(language)) == []


def test_every_text_that_is_said_exists() -> None:
    assert {key for tree in trees() for key in said(tree)} - keys("es").keys() == set()


def test_no_text_is_left_unused() -> None:
    written = {pattern for tree in trees() for pattern in literals(tree)}
    whole = {re.sub(r"\\(.)", r"\1", pattern.pattern) for pattern in written}
    gaps = [pattern for pattern in written if GAP.match(pattern.pattern)]
    unused = {key for key in keys("es") if key not in whole and not any(gap.fullmatch(key) for gap in gaps)}
    assert unused == set()


def test_a_key_that_no_file_has_is_our_fault() -> None:
    with pytest.raises(MissingText, match="no-such-key"):
        say("es", "no-such-key")


def test_a_value_that_is_missing_is_our_fault() -> None:
    with pytest.raises(MissingText, match="name"):
        say("es", "prompt-persona")


@pytest.mark.parametrize(("asked", "ours"), [("es-AR", "es"), ("EN_us", "en"), ("", "es"), ("fr", "es")])
def test_the_nearest_language_of_ours_is_spoken(asked: str, ours: str) -> None:
    assert supported(asked) == ours
