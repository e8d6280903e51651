"""Every implementation of `Channel`, and the stage each is tried on by `test_channel.py`.

To add one: write, beside the adapter's own tests, an async context manager without arguments that builds the channel,
runs it against its local platform and yields a `Stage`; then name it in `STAGES` as "module:function".
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TypeAlias

from bot.channel import Channel
from bot.messages import Chat, Inbound

STAGES = {
    "fake": "tests.fakes.channel:in_memory",
    "console": "tests.adapters.console.stage:keyboard",
    "telegram, polling": "tests.adapters.telegram.stage:polling",
    "telegram, webhook": "tests.adapters.telegram.stage:webhook",
    "telegram, no drafts": "tests.adapters.telegram.stage:without_drafts",
    "discord": "tests.adapters.discord.stage:connected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message of Martín's that stands in the chat now, as its reader sees it."""

    id: str
    text: str  # without markup; code and names as they read


class Stage(Protocol):
    """One channel, running, with one person in one direct chat before it."""

    channel: Channel
    chat: Chat  # that direct chat
    heard: list[Inbound]  # everything that `run` handed to its handler, in order; the handler answers TAKEN
    gone: Chat | None  # a chat that takes nothing any more; None where the platform has no such thing

    async def says(self, text: str) -> None:
        """The person writes `text`. Returns when `heard` has grown by it, or fails after some seconds."""
        ...

    async def shown(self) -> Sequence[Shown]:
        """Martín's messages in the chat, oldest first, after everything on its way has arrived."""
        ...

    async def remove(self, message_id: str) -> bool:
        """Delete one of Martín's messages behind his back; False where the platform cannot."""
        ...


StageFactory: TypeAlias = Callable[[], AbstractAsyncContextManager[Stage]]


def factory(name: str) -> StageFactory:
    """The factory that `STAGES` names."""
    module, _, function = STAGES[name].partition(":")
    found: StageFactory = getattr(import_module(module), function)
    return found
