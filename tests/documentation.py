"""What README.md and config.toml must say, rendered from the code.

`python -m tests.documentation` writes it; `test_documentation.py` compares.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import time
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import cli
from bot.commands.registry import COMMANDS
from settings import SECRETS, Settings, keys

ROOT = Path(__file__).parent.parent


def config() -> str:
    """`config.toml`: every key with its default, and above it what it is for."""
    lines = [
        "# Martín's settings. Every key is here with its default; take out what you do not change, or leave it.",
        "# MARTIN__SECTION__KEY in the environment or in .env outweighs this file. Tokens belong in .env, never here.",
        "",
    ]
    for key, field in _fields(""):
        lines += [f"# {_plain(field)}", f"{key} = {_default(field)}", ""]
    for section in list(keys())[1:]:
        lines += [f"# {_plain(Settings.model_fields[section])}", f"[{section}]"]
        for key, field in _fields(section):
            lines += [f"# {_plain(field)}", f"{key} = {_default(field)}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def settings_table() -> str:
    rows = [("Key", "Default", "What it is for")]
    for section in keys():
        for key, field in _fields(section):
            name = f"{section}.{key}" if section else key
            rows.append((f"`{name}`", f"`{_default(field)}`", str(field.description)))
    return _table(rows)


def secrets_table() -> str:
    rows = [("Variable", "What it is")]
    for variable, (section, key) in SECRETS.items():
        rows.append((f"`{variable}`", str(_section(section).model_fields[key].description)))
    return _table(rows)


def programs_table() -> str:
    """The command line's commands, as `--help` lists them."""
    rows = [("Command", "What it does")]
    rows += ((f"`martin {usage}`", summary) for usage, summary in _programs(typer.main.get_command(cli.app), ""))
    return _table(rows)


def commands_table() -> str:
    """What can be asked in every chat, in English."""
    rows = [("Command", "What it does", "Who")]
    rows += (
        (f"`{each.usage('en')}`", each.description("en"), "admins" if each.admin else "everybody") for each in COMMANDS
    )
    return _table(rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "secrets": secrets_table,
    "commands": commands_table,
    "programs": programs_table,
}
"""Name of a block in README.md, between `<!-- name -->` and `<!-- /name -->`, to what belongs in it."""


def block(text: str, name: str) -> str:
    """What stands in `text` between the two marks of `name`."""
    found = re.search(_marks(name), text, re.DOTALL)
    if not found:
        raise LookupError(f"README.md has no block <!-- {name} --> … <!-- /{name} -->.")
    return found[2].strip()


def filled(text: str) -> str:
    """`text` with every block rendered anew."""
    for name, render in BLOCKS.items():
        block(text, name)
        content = render()
        text = re.sub(
            _marks(name), lambda marks, content=content: f"{marks[1]}\n{content}\n{marks[3]}", text, flags=re.DOTALL
        )
    return text


def _marks(name: str) -> str:
    return rf"(<!-- {name} -->)(.*?)(<!-- /{name} -->)"


def _section(name: str) -> type[BaseModel]:
    section = Settings.model_fields[name].annotation
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    return section


def _fields(section: str) -> Iterator[tuple[str, FieldInfo]]:
    model = _section(section) if section else Settings
    return ((key, model.model_fields[key]) for key in keys()[section])


def _default(field: FieldInfo) -> str:
    """As TOML writes it."""
    value = field.default
    if isinstance(value, time):
        value = f"{value:%H:%M}"
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)


def _plain(field: FieldInfo) -> str:
    return str(field.description).replace("`", "")


def _programs(command: object, prefix: str) -> Iterator[tuple[str, str]]:
    for name, one in getattr(command, "commands", {}).items():
        if getattr(one, "commands", None):
            yield from _programs(one, f"{prefix}{name} ")
        else:
            usage = " ".join(_usage(part) for part in one.params if part.required)
            yield f"{prefix}{name} {usage}".strip(), one.help.partition("\n")[0]


def _usage(part: Any) -> str:
    value = part.metavar or part.name.upper()
    return value if part.param_type_name == "argument" else f"{part.opts[0]} {value}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> None:
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "config.toml").write_text(config(), encoding="utf-8")


if __name__ == "__main__":
    main()
