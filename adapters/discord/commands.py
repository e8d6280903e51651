"""Martín's commands as Discord's application commands: one optional line of text each, in every language we speak.

Knows no command by name: `main` hands in the list.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.i18n import LANGUAGES, say

_LOCALES = {
    discord.Locale.spain_spanish: "es",
    discord.Locale.latin_american_spanish: "es",
    discord.Locale.american_english: "en",
    discord.Locale.british_english: "en",
}
_DESCRIPTION = 100  # Discord's limits
FALLBACK = "en"  # what Discord shows in languages that we do not speak


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One command, as plain values."""

    name: str  # lower case, without the slash
    descriptions: Mapping[str, str]  # by language: "es", "en"
    arguments: Mapping[str, str] = field(default_factory=dict)  # what may follow it; empty: a general hint
    admin: bool = False  # hidden from members who may not manage the server; the core decides who is obeyed
    private: bool = False  # in a server, only the person who asked sees the answer


Asked: TypeAlias = Callable[[discord.Interaction, CommandSpec, str], Awaitable[None]]


class _InEveryLanguage(app_commands.Translator):
    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        language = _LOCALES.get(locale)
        texts: Mapping[str, str] | None = string.extras.get("texts")
        return _short(texts[language]) if language and texts and texts.get(language) else None


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"


def _localised(texts: Mapping[str, str]) -> app_commands.locale_str:
    return app_commands.locale_str(_short(texts.get(FALLBACK) or next(iter(texts.values()))), texts=dict(texts))


def _command(spec: CommandSpec, asked: Asked) -> app_commands.Command[Any, ..., None]:
    async def callback(interaction: discord.Interaction, text: str | None = None) -> None:
        await asked(interaction, spec, text or "")

    arguments = spec.arguments or {language: say(language, "discord-argument") for language in LANGUAGES}
    described = app_commands.describe(text=_localised(arguments))(callback)
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=spec.name, description=_localised(spec.descriptions), callback=described
    )
    if spec.admin:
        command.default_permissions = discord.Permissions(manage_guild=True)
    return command


async def plant(client: discord.Client, specs: Sequence[CommandSpec], asked: Asked) -> app_commands.CommandTree:
    """A tree that calls `asked` for each of `specs`. Tells Discord nothing yet: see `CommandTree.sync`."""
    tree: app_commands.CommandTree = app_commands.CommandTree(client)
    await tree.set_translator(_InEveryLanguage())
    for spec in specs:
        tree.add_command(_command(spec, asked))
    return tree


def digest(specs: Sequence[CommandSpec], *, application: int) -> str:
    """Changes when Discord has to be told the commands again."""
    plain = [
        [spec.name, dict(spec.descriptions), dict(spec.arguments or {}), spec.admin]
        for spec in sorted(specs, key=lambda spec: spec.name)
    ]
    return hashlib.sha256(json.dumps([application, plain], sort_keys=True).encode()).hexdigest()
