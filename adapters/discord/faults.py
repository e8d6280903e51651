"""discord.py's errors, in our words.

Decides what each one calls for: waiting, another way of saying it, or giving up. Error codes are those of
https://discord.com/developers/docs/topics/opcodes-and-status-codes#json.
"""

from json import JSONDecodeError

import aiohttp
import discord

from bot.errors import BotError, ChannelError, ChannelGone, ConfigError

UNKNOWN_MESSAGE = 10008
NOT_MINE = 50005  # only its author edits a message
EMPTY = 50006
# Unknown channel, guild or user; no access; no direct messages from us; no permission; archived and locked thread.
GONE = frozenset({10003, 10004, 10013, 50001, 50007, 50013, 50083, 50278, 20026})
# The token of an interaction is unknown, used up or expired.
EXPIRED = frozenset({10015, 10062, 50027})

TRANSIENT = (aiohttp.ClientError, OSError, TimeoutError, JSONDecodeError)

PORTAL = "https://discord.com/developers/applications"
TOKEN_MEND = f"Copy it again: {PORTAL} → your application → Bot → Reset Token; put it in DISCORD_TOKEN."
INTENTS_MEND = f"Switch it on: {PORTAL} → your application → Bot → Privileged Gateway Intents → Message Content Intent."


def missing(error: BaseException) -> bool:
    """Whether the message to be edited is not there, or not ours to edit: it can only be sent anew."""
    return isinstance(error, discord.HTTPException) and error.code in {UNKNOWN_MESSAGE, NOT_MINE}


def expired(error: BaseException) -> bool:
    """Whether an interaction can no longer be answered through its token."""
    return isinstance(error, discord.HTTPException) and error.code in EXPIRED


def hopeless(error: BaseException) -> bool:
    """Whether the chat takes nothing from us any more."""
    if not isinstance(error, discord.HTTPException) or passing(error, tries=0) is not None:
        return False
    return error.code in GONE or error.status == 403 or (error.status == 404 and error.code == 0)


def passing(error: BaseException, *, tries: int) -> float | None:
    """Seconds to wait before trying the same again; None if that would change nothing."""
    backoff = min(30.0, 0.5 * 2.0 ** min(tries, 8))
    if isinstance(error, discord.HTTPException):
        if error.status == 429:
            return max(backoff, _retry_after(error))
        # A page instead of JSON comes from something on the way; a bad token is found out, and said, by the gateway.
        stopped = error.status in {403, 404} and not _is_discords(error)
        unknown = error.status == 401 and not expired(error)
        return backoff if error.status >= 500 or stopped or unknown else None
    if isinstance(error, RuntimeError):  # aiohttp's "Session is closed": the connection is being made anew
        return backoff
    return backoff if isinstance(error, TRANSIENT) else None


def _is_discords(error: discord.HTTPException) -> bool:
    return str(error.response.headers.get("Content-Type", "")).startswith("application/json")


def _retry_after(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", "1"))
    except ValueError:
        return 1.0


def refused(error: discord.HTTPException) -> ChannelGone:
    """What the core hears when Discord will never take a message."""
    return ChannelGone(
        f"Discord refuses it: {error.status} (code {error.code}).", hint="See the bot's permissions there."
    )


def fatal(error: BaseException) -> BotError | None:
    """Our error for one that no reconnecting mends; None for all others."""
    if isinstance(error, discord.LoginFailure):
        return ConfigError("Discord does not know this token.", hint=TOKEN_MEND)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return ConfigError("Discord does not let this bot read messages.", hint=INTENTS_MEND)
    if isinstance(error, discord.ConnectionClosed):
        if error.code == 4014:
            return ConfigError("Discord does not let this bot read messages.", hint=INTENTS_MEND)
        if error.code == 4004:
            return ConfigError("Discord does not know this token.", hint=TOKEN_MEND)
        if error.code in {4010, 4011, 4012, 4013}:
            return ChannelError(
                f"Discord closed the connection for good (code {error.code}).", hint="Update discord.py."
            )
    return None
