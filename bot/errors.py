"""The errors Martín expects, each with the mend a person can apply.

`message` and `hint` are for the log and the terminal (English). What a chat sees is the Fluent text named by `key`.
"""


class BotError(Exception):
    """Something went wrong that we know how to explain.

    Class attribute `key` names the Fluent message that a person in a chat sees (`error-…` in `bot/i18n`).
    """

    key = "error-unexpected"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(BotError):
    """`config.toml` or the environment is wrong."""

    key = "error-config"


class ModelError(BotError):
    """The model could not answer."""

    key = "error-model"


class ModelUnreachable(ModelError):
    """Nothing answers where the model should be."""

    key = "error-model-unreachable"


class ModelMissing(ModelError):
    """The server answers and does not have the model."""

    key = "error-model-missing"


class ModelBusy(ModelError):
    """The server has no room now (503), even after waiting."""

    key = "error-model-busy"


class ModelTimeout(ModelError):
    """No first token, or no next token, in time."""

    key = "error-model-timeout"


class ModelBroken(ModelError):
    """The model died in the middle of an answer, or sent what cannot be read."""

    key = "error-model-broken"


class ModelEmpty(ModelError):
    """The model ended without a word."""

    key = "error-model-empty"


class ChannelError(BotError):
    """A platform did not take what we sent."""

    key = "error-channel"


class ChannelGone(ChannelError):
    """It never will: blocked, kicked, the chat or the message deleted. Trying again is of no use."""


class AttachmentRefused(BotError):
    """A file is too large, unreadable, or of a kind Martín does not take."""

    key = "error-attachment"


class StorageError(BotError):
    """The disk is full, the database is locked or broken."""

    key = "error-storage"


class ImportRefused(BotError):
    """An exported history cannot be read: its format is unknown, or the file is broken where `message` says."""

    key = "error-import"
