"""What `martin doctor` looks at, for the settings at hand. Imported by that command alone: it is heavy."""

import time
from collections.abc import Sequence
from pathlib import Path

from adapters.discord.checks import inspect as inspect_discord
from adapters.telegram.inspection import inspect as inspect_telegram
from bot import doctor
from bot.doctor import Check, Finding, Level, good
from bot.i18n import say
from bot.models import checks as models
from bot.models.sources import OLLAMA_URL, OPENAI_URL
from memory.embedder import BatchingEmbedder
from settings import Settings, located


def checks(settings: Settings, *, config: Path | None = None) -> dict[str, Check]:
    """Everything worth looking at with these settings, in the order it is shown."""
    language, storage = settings.language, settings.storage
    return {
        "config": lambda: _config(config, language=language),
        "disk": lambda: doctor.disk(storage.data_dir, language=language),
        "database": lambda: doctor.database(storage.database_url, language=language),
        "embedding": lambda: _embedding(settings),
        "model": lambda: _model(settings),
        "telegram": lambda: _telegram(settings),
        "discord": lambda: _discord(settings),
    }


async def _config(config: Path | None, *, language: str) -> Sequence[Finding]:
    file = located(config)
    text = say(language, "doctor-config", file=str(file)) if file else say(language, "doctor-config-none")
    return [good("config", text)]


async def _embedding(settings: Settings) -> Sequence[Finding]:
    began = time.monotonic()
    async with BatchingEmbedder.open(settings.embedding.model) as embedder:
        await embedder.ready()
    seconds = round(time.monotonic() - began, 1)
    return [good("embedding", say(settings.language, "doctor-embedding", seconds=seconds))]


async def _model(settings: Settings) -> Sequence[Finding]:
    model, language = settings.model, settings.language
    url = model.base_url or (OPENAI_URL if model.provider == "openai" else OLLAMA_URL)
    match model.provider:
        case "auto":
            return await models.auto(url, model=model.name, gguf=model.gguf, pull=model.pull, language=language)
        case "ollama":
            return await models.ollama(url, model=model.name, pull=model.pull, language=language)
        case "openai":
            key = model.api_key.get_secret_value() if model.api_key else ""
            return await models.openai(url, model=model.name, api_key=key, language=language)
        case "llamacpp":
            return models.llamacpp(model.gguf or model.name, language=language)
        case "none":
            return [good("model", say(language, "doctor-model-chosen-none"))]


async def _telegram(settings: Settings) -> Sequence[Finding]:
    if settings.telegram.token is None or not settings.telegram.enabled:
        off = "doctor-platform-off" if settings.telegram.enabled else "doctor-platform-disabled"
        return [good("telegram", say(settings.language, off, variable="TELEGRAM_TOKEN", platform="Telegram"))]
    token = settings.telegram.token.get_secret_value()
    telegram = settings.telegram
    levels = {"fine": Level.GOOD, "warning": Level.WARNING, "fault": Level.PROBLEM}
    looks = await inspect_telegram(
        token=token, api_base_url=telegram.api_base_url, mode=telegram.mode, webhook_url=telegram.webhook_url
    )
    return [Finding(about="telegram", level=levels[one.level], text=one.message, mend=one.hint) for one in looks]


async def _discord(settings: Settings) -> Sequence[Finding]:
    if settings.discord.token is None or not settings.discord.enabled:
        off = "doctor-platform-off" if settings.discord.enabled else "doctor-platform-disabled"
        return [good("discord", say(settings.language, off, variable="DISCORD_TOKEN", platform="Discord"))]
    token = settings.discord.token.get_secret_value()
    discord = settings.discord
    return await inspect_discord(token=token, api_base_url=discord.api_base_url, language=settings.language)
