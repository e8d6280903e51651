"""Every key, with its default, its limits and what it is for. README and `config.toml` are checked against this page.

Reads nothing.
"""

from datetime import time
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from settings.values import Http, Identities, Listen, Names, WebSocket, Zone, refuse

SECRETS = {
    "TELEGRAM_TOKEN": ("telegram", "token"),
    "TELEGRAM_WEBHOOK_SECRET": ("telegram", "webhook_secret"),
    "DISCORD_TOKEN": ("discord", "token"),
    "MODEL_API_KEY": ("model", "api_key"),
}
"""Environment variable to section and field. None of these fields can be written in `config.toml`."""


class Section(BaseModel):
    """Frozen, and refuses what it does not know. An error never repeats the value: it may be a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


class Persona(Section):
    name: str = Field("Martín", min_length=1, max_length=64, description="The name he answers to.")
    text: str = Field("", description="How he is and how he speaks, in your words. Empty: his own character.")


class Telegram(Section):
    enabled: bool = Field(True, description="Serve Telegram when `TELEGRAM_TOKEN` is set.")
    api_base_url: Http = Field("https://api.telegram.org", description="Bot API server; your own works too.")
    mode: Literal["polling", "webhook"] = Field(
        "polling", description="`polling` asks Telegram for news; with `webhook` Telegram calls `webhook_url`."
    )
    webhook_url: Http = Field("", description="Public HTTPS address that leads to `webhook_listen`.")
    webhook_listen: Listen = Field("127.0.0.1:8443", description="HOST:PORT where the webhook is served.")
    token: SecretStr | None = Field(None, description="Telegram bot token, from @BotFather.")
    webhook_secret: SecretStr | None = Field(
        None, description="What Telegram repeats in every webhook call, so that nobody else can call it."
    )

    @model_validator(mode="after")
    def _webhook_is_whole(self) -> "Telegram":
        if self.mode == "webhook" and self.enabled and self.token:
            if not self.webhook_url:
                refuse("mode = 'webhook' needs webhook_url: the public https:// address of this machine.")
            if not self.webhook_secret:
                refuse("mode = 'webhook' needs TELEGRAM_WEBHOOK_SECRET in .env: any long random word.")
        return self


class Discord(Section):
    enabled: bool = Field(True, description="Serve Discord when `DISCORD_TOKEN` is set.")
    api_base_url: Http = Field("https://discord.com/api/v10", description="Discord's HTTP API.")
    gateway_url: WebSocket = Field("wss://gateway.discord.gg", description="Discord's gateway.")
    token: SecretStr | None = Field(None, description="Discord bot token, from the developer portal.")


class Model(Section):
    provider: Literal["auto", "ollama", "openai", "llamacpp", "none"] = Field(
        "auto", description="`auto`: Ollama if it answers, else the GGUF file, else `none` (answers from memory alone)."
    )
    name: str = Field("gemma3:4b-it-qat", min_length=1, description="The model, as its server calls it.")
    base_url: Http = Field(
        "", description="The model server. Empty: where `ollama serve` or llama.cpp's server listens."
    )
    gguf: str = Field("", description="A GGUF file for `llamacpp`; it runs inside Martín.")
    pull: bool = Field(True, description="Let Ollama download the model when it is missing.")
    keep_alive: str = Field("30m", pattern=r"^-?\d+[smh]?$", description="How long Ollama keeps the model in memory.")
    context_tokens: int = Field(8192, ge=512, description="Tokens that prompt and answer share.")
    max_tokens: int = Field(1024, ge=16, description="Longest answer, in tokens.")
    first_token_seconds: float = Field(120, gt=0, description="Patience until the first word; a cold load counts.")
    between_tokens_seconds: float = Field(30, gt=0, description="Patience between two words.")
    total_seconds: float = Field(600, gt=0, description="Patience for one whole answer.")
    parallel: int = Field(256, ge=1, description="Answers written at the same time; the rest wait in line.")
    api_key: SecretStr | None = Field(None, description="Key of an OpenAI-compatible server.")

    @model_validator(mode="after")
    def _fits(self) -> "Model":
        if self.max_tokens >= self.context_tokens:
            refuse("max_tokens must be smaller than context_tokens: they share the same room.")
        if self.provider == "llamacpp" and not self.gguf and not self.name.endswith(".gguf"):
            refuse("provider = 'llamacpp' needs gguf: the path of a model file.")
        return self


class Embedding(Section):
    model: str = Field(
        "bundled", min_length=1, description="`bundled`, or any sentence-transformers name or folder (./, / or ~)."
    )


class Recall(Section):
    words: int = Field(350, ge=20, description="How many remembered words go into a prompt.")


class Storage(Section):
    data_dir: Path = Field(Path("data"), description="Folder of everything Martín keeps.")
    database_url: str = Field(
        "",
        repr=False,
        description="SQLAlchemy address. Empty: SQLite in `data_dir`. PostgreSQL: `postgresql+asyncpg://…`.",
    )
    memory_uri: str = Field("", description="LanceDB folder or address. Empty: `memory` in `data_dir`.")

    @model_validator(mode="before")
    @classmethod
    def _in_the_data_folder(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        folder = Path(str(values.get("data_dir") or "data"))
        return values | {
            "data_dir": folder,
            "database_url": values.get("database_url") or f"sqlite+aiosqlite:///{folder / 'martin.db'}",
            "memory_uri": values.get("memory_uri") or str(folder / "memory"),
        }


class Access(Section):
    policy: Literal["pairing", "allowlist", "open"] = Field(
        "pairing", description="`pairing`: a stranger gets a code that an admin approves. `open`: anybody may talk."
    )
    admins: Identities = Field((), description="Accounts that administer Martín, like `telegram:123456789`.")
    allowed_users: Identities = Field((), description="Accounts that may talk to him.")
    allowed_chats: Identities = Field((), description="Groups and channels where he answers everybody.")
    allowed_servers: Identities = Field((), description="Discord servers where he answers everybody.")
    allowed_roles: Identities = Field((), description="Discord roles whose members may talk to him.")
    messages_per_minute: int = Field(20, ge=0, description="For each person; 0: no limit.")
    messages_per_day: int = Field(500, ge=0, description="For each person; 0: no limit.")


class Attachments(Section):
    max_bytes: int = Field(8_000_000, ge=0, description="Nothing larger is downloaded.")


class Dispatch(Section):
    queue_size: int = Field(1000, ge=1, description="Messages that may wait for their turn, all chats together.")
    apologise_after_seconds: int = Field(
        21_600, ge=0, description="Found unanswered after a restart and older than this: an apology, no answer."
    )


class Nightly(Section):
    at: time = Field(time(3, 30), description="When the night's work begins, in `timezone`.")


class Learning(Section):
    enabled: bool = Field(False, description="Train a LoRA adapter at night from what people agreed to share.")
    base_model: str = Field("", description="Transformers name or folder of the model the adapter is trained on.")
    platforms: Names = Field(
        ("telegram", "console"),
        description="Platforms whose conversations may be learned from, if the person agrees too. Not `discord`: its "
        "developer policy forbids training on message content without Discord's permission.",
    )


class Health(Section):
    listen: Listen = Field("", description="HOST:PORT for `/healthz` and `/readyz`. Empty: off.")


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    format: Literal["auto", "console", "json"] = Field("auto", description="`auto`: colours on a terminal, else JSON.")


class Settings(Section):
    """Everything that can be configured. Every section has working defaults."""

    language: Literal["es", "en"] = Field(
        "es", description="Spoken until a person's own language is known: `es` or `en`."
    )
    timezone: Zone = Field("", description="IANA name. Empty: the system's.")
    persona: Persona = Field(default_factory=Persona, description="Who Martín is.")
    model: Model = Field(default_factory=Model, description="What writes the answers.")
    telegram: Telegram = Field(default_factory=Telegram, description="Telegram.")
    discord: Discord = Field(default_factory=Discord, description="Discord.")
    access: Access = Field(default_factory=Access, description="Who may talk to him, and how much.")
    storage: Storage = Field(default_factory=Storage, description="Where everything is kept.")
    embedding: Embedding = Field(default_factory=Embedding, description="What turns text into vectors.")
    recall: Recall = Field(default_factory=Recall, description="What is remembered in an answer.")
    attachments: Attachments = Field(default_factory=Attachments, description="Files that people send.")
    dispatch: Dispatch = Field(default_factory=Dispatch, description="Order and patience.")
    nightly: Nightly = Field(default_factory=Nightly, description="The night's work.")
    learning: Learning = Field(
        default_factory=Learning,
        description="Learning from conversations at night. Nothing is trained yet: these keys are kept for it.",
    )
    health: Health = Field(default_factory=Health, description="Health checks for supervisors.")
    log: Log = Field(default_factory=Log, description="The log.")

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms to serve: enabled, with a token."""
        telegram = self.telegram.enabled and self.telegram.token is not None
        discord = self.discord.enabled and self.discord.token is not None
        return ("telegram",) * telegram + ("discord",) * discord

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret there is, the database's password too: what must never be shown."""
        held = (getattr(getattr(self, section), key) for section, key in SECRETS.values())
        password = urlsplit(self.storage.database_url).password
        return (*(one.get_secret_value() for one in held if one), *([password] if password else []))


def keys() -> dict[str, list[str]]:
    """Every key that may be written, by section; those of no section under ""."""
    found: dict[str, list[str]] = {"": []}
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            found[name] = [key for key in section.model_fields if (name, key) not in SECRETS.values()]
        else:
            found[""].append(name)
    return found
