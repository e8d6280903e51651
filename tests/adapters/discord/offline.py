"""Payloads through discord.py's own parser, without any connection."""

import json
from pathlib import Path
from typing import Any

import discord

from adapters.discord.connection import intents

PAYLOADS = Path(__file__).parents[2] / "payloads" / "discord"
ME = 900000000000000001


def payload(name: str) -> Any:
    """A message or event as Discord sends it, from `tests/payloads/discord`."""
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


class Offline(discord.Client):
    """Keeps what discord.py makes of the payloads it is fed."""

    def __init__(self) -> None:
        super().__init__(intents=intents(), max_messages=None, member_cache_flags=discord.MemberCacheFlags.none())
        self.made: list[Any] = []
        ready = {"user": payload("me"), "guilds": [], "application": {"id": str(ME), "flags": 0}}
        self._connection.user = discord.ClientUser(state=self._connection, data=ready["user"])
        self._connection.parse_guild_create(payload("guild"))

    def dispatch(self, event: str, /, *made: Any, **_: Any) -> None:
        self.made += made

    def message(self, data: Any) -> discord.Message:
        self.made.clear()
        self._connection.parse_message_create(data)
        message = self.made[-1]
        assert isinstance(message, discord.Message)
        return message

    def reaction(self, data: Any) -> discord.RawReactionActionEvent:
        self.made.clear()
        self._connection.parse_message_reaction_add(data)
        raw = self.made[0]
        assert isinstance(raw, discord.RawReactionActionEvent)
        return raw
