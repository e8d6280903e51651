"""The whole house in this process, as `martin run` builds it, with settings that a test overrides."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import main
import settings
from tests.fakes.databases import database_url
from tests.fakes.ollama_server import OllamaServer

MODEL = "martin-test"
PATIENCE = 90.0  # seconds: the first house of a process loads the embedding model, on a machine that may be busy


@asynccontextmanager
async def serving(environment: Mapping[str, str]) -> AsyncIterator[None]:
    """The house with these settings. A receiver that fails fails the test."""
    async with main.serving(settings.load(environ=environment), terminal=False) as receiving:
        yield
        for task in receiving:
            if task.done():
                task.result()


def environment(folder: Path, model: OllamaServer, **overrides: str) -> dict[str, str]:
    """Everybody may talk, `model` answers, all is kept in `folder`; `access_policy="pairing"` overrides a setting."""
    return {
        "MARTIN__MODEL__PROVIDER": "ollama",
        "MARTIN__MODEL__BASE_URL": model.url,
        "MARTIN__MODEL__NAME": MODEL,
        "MARTIN__MODEL__PULL": "false",
        "MARTIN__ACCESS__POLICY": "open",
        "MARTIN__TIMEZONE": "Europe/Madrid",
        "MARTIN__STORAGE__DATA_DIR": str(folder / "data"),
        "MARTIN__STORAGE__DATABASE_URL": database_url(folder / "data"),
    } | {f"MARTIN__{name.replace('_', '__', 1).upper()}": value for name, value in overrides.items()}
