"""What Telegram's refusals mean. The one place that reads the words of its errors."""

from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.errors import BotError, ChannelError, ChannelGone, ConfigError

_UNCHANGED = ("message is not modified",)
_NO_MESSAGE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_NO_METHOD = ("method not found", "not found")
_NO_CHAT = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "topic_closed",
    "topic_deleted",
    "message thread not found",
    "user is deactivated",
)


def _says(error: TelegramError, words: tuple[str, ...]) -> bool:
    text = error.message.lower()
    return any(word in text for word in words)


def unchanged(error: TelegramError) -> bool:
    """An edit to what stands there already: as good as done."""
    return isinstance(error, BadRequest) and _says(error, _UNCHANGED)


def message_gone(error: TelegramError) -> bool:
    """The message to be edited is not there, or not ours to edit."""
    return isinstance(error, BadRequest) and _says(error, _NO_MESSAGE)


def chat_gone(error: TelegramError) -> bool:
    """Blocked, kicked, deleted, closed to us."""
    return isinstance(error, Forbidden) or (isinstance(error, BadRequest) and _says(error, _NO_CHAT))


def method_missing(error: TelegramError) -> bool:
    """The server does not know the method. The library takes a 404 for a wrong token."""
    return isinstance(error, InvalidToken | BadRequest) and _says(error, _NO_METHOD) and not chat_gone(error)


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()


def token_refused() -> BotError:
    """Our error for a token that Telegram does not take; the library's own text holds the token."""
    return ConfigError(
        "Telegram refused the token.",
        hint="Copy it again from @BotFather (/mybots, API Token) into TELEGRAM_TOKEN.",
    )


def translated(error: TelegramError) -> BotError:
    """Our error for one that no waiting mends."""
    if isinstance(error, InvalidToken):
        return token_refused()
    if chat_gone(error) or isinstance(error, BadRequest):
        return ChannelGone(f"Telegram does not take it: {error.message}.")
    return ChannelError(f"Telegram did not take it: {error.message}.")
