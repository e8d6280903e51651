"""Put new values into `config.toml` and `.env`, leaving comments and everything else in them as it is."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import tomlkit
from dotenv import dotenv_values, set_key
from tomlkit.items import Table

from bot.errors import ConfigError
from settings.complaints import Place


def write(values: Mapping[Place, object], secrets: Mapping[str, str], *, config: Path) -> list[Path]:
    """Write `values` to `config` and `secrets` to the `.env` beside it, readable by its owner alone.

    Returns the files that changed.

    Raises:
        ConfigError: one of them cannot be written.
    """
    env = config.with_name(".env")
    changed = []
    try:
        if values and _write_config(values, config):
            changed.append(config)
        if _write_env(secrets, env):
            changed.append(env)
    except OSError as error:
        raise ConfigError(f"{error.filename or config} cannot be written: {error.strerror}.") from error
    return changed


def _write_config(values: Mapping[Place, object], config: Path) -> bool:
    before = config.read_text(encoding="utf-8") if config.is_file() else ""
    document = tomlkit.parse(before)
    for (*sections, key), value in values.items():
        table: tomlkit.TOMLDocument | Table = document
        for section in sections:
            if section not in table:
                table.add(section, tomlkit.table())
            inner = table[section]
            if not isinstance(inner, Table):
                raise ConfigError(f"{config}: [{section}] is a section, with keys of its own below it.")
            table = inner
        table[key] = value
    after = tomlkit.dumps(document)
    if after == before:
        return False
    _replace(config, after)
    return True


def _write_env(secrets: Mapping[str, str], env: Path) -> bool:
    held = dotenv_values(env, interpolate=False) if env.is_file() else {}
    changed = {name: value for name, value in secrets.items() if held.get(name) != value}
    if changed and not env.is_file():
        os.close(os.open(env, os.O_CREAT | os.O_WRONLY, 0o600))
    if env.is_file():
        env.chmod(0o600)  # also where somebody made it by hand
    for name, value in changed.items():
        set_key(env, name, value, quote_mode="never")
    return bool(changed)


def _replace(file: Path, text: str) -> None:
    """Write `file` anew, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(file.name + ".new")
    try:
        beside.write_text(text, encoding="utf-8")
        if file.is_file():
            beside.chmod(file.stat().st_mode & 0o777)
        beside.replace(file)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
