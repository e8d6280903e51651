"""Discord, through discord.py. The only package that imports it."""

from adapters.discord.checks import inspect
from adapters.discord.client import DiscordChannel
from adapters.discord.commands import CommandSpec

__all__ = ["CommandSpec", "DiscordChannel", "inspect"]
