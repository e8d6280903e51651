"""Bring together what was written and where. Weakest first: defaults, `config.toml`, `.env`, the environment.

Secrets come from the last two only. Opens nothing but those two files.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from bot.errors import ConfigError
from settings.complaints import PREFIX, Given, Place, complaint, misplaced_secrets, misspelt
from settings.sections import SECRETS, Settings, Storage


def located(config: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file to read: `config`, else `MARTIN_CONFIG`, else `./config.toml` if it is there.

    Raises:
        ConfigError: the first two name a file that is not there.
    """
    named = config or (Path(environ["MARTIN_CONFIG"]) if environ.get("MARTIN_CONFIG") else None)
    if named is None:
        return Path("config.toml") if Path("config.toml").is_file() else None
    if not named.is_file():
        raise ConfigError(f"There is no configuration file {named}.", hint="'martin setup' writes one.")
    return named


def load(config: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check everything. `.env` and relative paths are looked for beside `config.toml`.

    Raises:
        ConfigError: with one line for each thing that is wrong, all of them at once.
    """
    file = located(config, environ=environ)
    base = (file or Path("config.toml")).absolute().parent
    local = _dotenv(base / ".env")

    given = _from_file(file) if file else {}
    problems = misplaced_secrets(given) + misspelt(local)
    for source, variables in ((".env", local), ("environment", environ)):
        given |= _from_variables(variables, source=source)
    try:
        settings = Settings.model_validate(_tree(given))
    except ValidationError as error:
        problems += [complaint(detail, given) for detail in error.errors(include_url=False)]
    if problems:
        raise ConfigError("\n".join(problems), hint="README.md lists every key under 'Settings'.")
    return _anchored(settings, base)


def _dotenv(file: Path) -> dict[str, str]:
    try:
        written = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.", hint="It must be NAME=value lines in UTF-8.") from error
    return {name: value for name, value in written.items() if value is not None}


def _from_file(file: Path) -> dict[Place, Given]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.", hint="It must be TOML in UTF-8.") from error
    given: dict[Place, Given] = {}
    for name, value in tables.items():
        inner = {(name, key): one for key, one in value.items()} if isinstance(value, dict) else {(name,): value}
        given |= {place: Given(value=one, source=file.name) for place, one in inner.items()}
    return given


def _from_variables(variables: Mapping[str, str], *, source: str) -> dict[Place, Given]:
    given = {
        tuple(name.removeprefix(PREFIX).lower().split("__")): Given(value=value, source=source, variable=name)
        for name, value in variables.items()
        if name.startswith(PREFIX)
    }
    for name, place in SECRETS.items():
        if secret := variables.get(name, "").strip():
            given[place] = Given(value=SecretStr(secret), source=source, variable=name)
        elif place in given:  # MARTIN__TELEGRAM__TOKEN works too, and is as secret
            given[place] = Given(value=SecretStr(str(given[place].value)), source=source, variable=name)
    return given


def _tree(given: Mapping[Place, Given]) -> dict[str, Any]:
    """`{("model", "name"): …}` as `{"model": {"name": …}}`. A value where a section should be is left to be refused."""
    tree: dict[str, Any] = {}
    for (*sections, key), one in given.items():
        table = tree
        for section in sections:
            inner = table.setdefault(section, {})
            table = inner if isinstance(inner, dict) else {}
        table[key] = one.value
    return tree


def _anchored(settings: Settings, base: Path) -> Settings:
    """The same settings with paths that do not depend on the folder the program was started in."""
    storage, model, embedding = settings.storage, settings.model, settings.embedding
    derived = Storage(data_dir=storage.data_dir)
    folder = base / storage.data_dir.expanduser()
    return settings.model_copy(
        update={
            "storage": Storage(
                data_dir=folder,
                database_url="" if storage.database_url == derived.database_url else storage.database_url,
                memory_uri="" if storage.memory_uri == derived.memory_uri else storage.memory_uri,
            ),
            "model": model.model_copy(
                update={
                    "gguf": _path(model.gguf, base) if model.gguf else "",
                    "name": _path(model.name, base) if model.name.endswith(".gguf") else model.name,
                }
            ),
            "embedding": embedding.model_copy(
                update={"model": _path(embedding.model, base) if embedding.model[0] in "./~" else embedding.model}
            ),
        }
    )


def _path(text: str, base: Path) -> str:
    return str(base / Path(text).expanduser())
