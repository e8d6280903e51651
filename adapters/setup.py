"""The first conversation: ask what Martín must know before he can start.

Asks through whatever can ask. Never shows a token again; asked twice and answered with Enter, nothing has changed.
Writes no file: `settings` does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.i18n import LANGUAGES, say

TOKENS = {"TELEGRAM_TOKEN": r"\d{5,}:[\w-]{20,}", "DISCORD_TOKEN": r"[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}"}
"""Variable to what its token looks like."""

PROVIDERS = ("auto", "ollama", "openai", "llamacpp", "none")


class Asker(Protocol):
    """Puts a question to a person and brings the answer back."""

    def text(self, question: str, *, default: str) -> str: ...

    def choice(self, question: str, *, options: Sequence[str], default: str) -> str: ...

    def secret(self, question: str) -> str:
        """What was typed, unseen; empty for nothing."""
        ...

    def tell(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is configured already: the defaults of the questions."""

    language: str
    name: str
    provider: str
    model: str
    base_url: str
    gguf: str
    admins: Sequence[str]
    secrets: frozenset[str]  # variables that have a value; never the value


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What changed."""

    settings: Mapping[tuple[str, ...], object] = field(default_factory=dict)  # ("model", "name") to its value
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def ask(asker: Asker, known: Known) -> Answers:
    """Ask everything, in the language chosen first."""
    language = asker.choice(say(known.language, "setup-language"), options=LANGUAGES, default=known.language)
    asker.tell(say(language, "setup-hello"))
    found: dict[tuple[str, ...], object] = {
        ("language",): language,
        ("persona", "name"): asker.text(say(language, "setup-name"), default=known.name) or known.name,
    }
    secrets = {name: token for name in TOKENS if (token := _token(asker, name, known, language=language))}
    provider = asker.choice(say(language, "setup-provider"), options=PROVIDERS, default=known.provider)
    found["model", "provider"] = provider
    if provider in {"auto", "ollama", "openai"}:
        found["model", "name"] = asker.text(say(language, "setup-model"), default=known.model) or known.model
    if provider == "openai":
        found["model", "base_url"] = asker.text(say(language, "setup-base-url"), default=known.base_url)
    if provider == "llamacpp":
        found["model", "gguf"] = asker.text(say(language, "setup-gguf"), default=known.gguf)
    if secrets or known.secrets & set(TOKENS):
        admins = asker.text(say(language, "setup-admins"), default=" ".join(known.admins))
        found["access", "admins"] = [admin for admin in re.split(r"[,\s]+", admins) if admin]
    before: dict[tuple[str, ...], object] = {
        ("language",): known.language,
        ("persona", "name"): known.name,
        ("model", "provider"): known.provider,
        ("model", "name"): known.model,
        ("model", "base_url"): known.base_url,
        ("model", "gguf"): known.gguf,
        ("access", "admins"): list(known.admins),
    }
    return Answers(settings={place: new for place, new in found.items() if new != before[place]}, secrets=secrets)


def _token(asker: Asker, name: str, known: Known, *, language: str) -> str:
    question = say(language, "setup-token-kept" if name in known.secrets else "setup-token", variable=name)
    while token := asker.secret(question).strip():
        if re.fullmatch(TOKENS[name], token):
            return token
        asker.tell(say(language, "setup-token-odd", variable=name))
    return ""
