"""README.md and config.toml say what the code says. `python -m tests.documentation` writes them anew."""

import re

import pytest

from tests import documentation

README = (documentation.ROOT / "README.md").read_text(encoding="utf-8")
MEND = "Run: .venv/bin/python -m tests.documentation"


@pytest.mark.parametrize("name", documentation.BLOCKS)
def test_readme_table_is_what_the_code_says(name: str) -> None:
    assert documentation.block(README, name) == documentation.BLOCKS[name](), MEND


def test_config_file_is_what_the_code_says() -> None:
    assert (documentation.ROOT / "config.toml").read_text(encoding="utf-8") == documentation.config(), MEND


def test_every_file_and_picture_that_readme_points_at_is_there() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (documentation.ROOT / target).exists()] == []


def test_every_heading_that_readme_points_at_is_there() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= slugs


def test_every_make_target_that_readme_names_is_there() -> None:
    makefile = (documentation.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", README)) <= targets
