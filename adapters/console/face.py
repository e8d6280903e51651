"""The side of the console that a person or a program sees. Two wear it: `keyboard` and `pipe`."""

from collections.abc import AsyncIterator
from typing import Protocol

from bot.messages import OutboundMessage


class Face(Protocol):
    """Where lines come from and replies go."""

    @property
    def live(self) -> bool:
        """Whether a reply can be seen growing, and a message be changed."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """What is typed, a message at a time, until the end of input."""
        ...

    def think(self, thinking: bool) -> None:
        """Show, where this is live, whether an answer is under way."""
        ...

    def grow(self, message_id: str, message: OutboundMessage) -> None:
        """Show, where this is live, a message that is still being written."""
        ...

    async def settle(self, message_id: str, message: OutboundMessage) -> None:
        """Show a message for good, in the place of the one with this id if that can still be changed.

        Raises:
            ChannelGone: nobody reads any more.
        """
        ...
