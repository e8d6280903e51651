"""The runner of the benches: what it takes for figures."""

import pytest

from tests.bench.__main__ import figures, names


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ('a table\n{"ms": 12}\n', {"ms": 12}),
        ('{"ms": 12}\na table', None),
        ("[12]", None),
        ("", None),
    ],
)
def test_figures_are_the_json_of_the_last_line(output: str, found: object) -> None:
    assert figures(output) == found


def test_every_program_beside_the_runner_is_a_bench() -> None:
    assert names()
    assert not [name for name in names() if name.startswith("_")]
