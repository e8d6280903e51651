"""The port to a platform, and the callable every platform feeds."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from bot.messages import Attachment, Capabilities, Chat, Inbound, OutboundMessage, Receipt

Handler: TypeAlias = Callable[[Inbound], Awaitable[Receipt]]
"""Returns once it is safe to acknowledge to the platform: written down, refused, or dealt with."""


class Channel(Protocol):
    """One platform connection. All methods but `run` may be called from many tasks at once."""

    @property
    def platform(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def run(self, handle: Handler) -> None:
        """Receive until cancelled; reconnects by itself.

        Raises:
            BotError: it never can (token refused, intents missing), with its mend.
        """
        ...

    async def deliver(self, message: OutboundMessage, *, replacing: str | None, nonce: str) -> str:
        """Send for good, or edit the message `replacing` to read so, and return the platform's message id.

        Waits out 429s and network trouble, per chat, without holding others up. An edit to the same text succeeds. If
        the message to be edited is gone, it is sent anew. `nonce` is the same for every try of one delivery, also after
        a restart: a platform that can deduplicates by it.

        Raises:
            ChannelGone: it can never be delivered.
        """
        ...

    async def preview(self, message: OutboundMessage, *, replacing: str | None) -> str | None:
        """Show a reply that is still growing; with empty text, that Martín is thinking (typing).

        Best effort, returns soon: dropped when the chat's or the platform's limits leave no room, since a newer one
        follows. Returns the id of the real message that now holds it, or None where there is none (typing, a draft, or
        dropped). Never takes room that `deliver` needs.

        Raises:
            ChannelGone: the chat is.
        """
        ...

    async def fetch(self, attachment: Attachment, *, limit: int) -> bytes:
        """Download at most `limit` bytes.

        Raises:
            AttachmentRefused: it is larger, whatever the platform claimed, or cannot be had.
        """
        ...

    async def administers(self, chat: Chat, user_id: str) -> bool:
        """Whether the platform itself says that this user administers this group."""
        ...
