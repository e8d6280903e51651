"""Commands and buttons that wait for their answer.

Discord lets an interaction be answered through its own token for 15 minutes: the answer then stands where the command
was given, and can be shown to one person alone. After that, or after a restart, an answer is a message like any other.
"""

import asyncio

import discord

from adapters.discord.faults import missing
from adapters.discord.recent import Recent
from adapters.discord.seen import Seen

LASTS = 14.5 * 60  # seconds; Discord's 15 minutes, less what a request may take
KEPT = 2000  # of each kind


class Pending:
    """One interaction that was acknowledged with "thinking…"."""

    def __init__(self, interaction: discord.Interaction, *, ephemeral: bool, until: float) -> None:
        self._interaction = interaction
        self._lock = asyncio.Lock()
        self.ephemeral = ephemeral
        self.until = until
        self.used = False  # the "thinking…" has become an answer, or was taken away

    async def say(self, content: str, *, view: discord.ui.View | None, files: list[discord.File], private: bool) -> str:
        """Answer, or add to the answer. Returns the message's id.

        Raises:
            discord.HTTPException: as Discord says.
        """
        async with self._lock:
            if not self.used and private and not self.ephemeral:
                await self._clear()  # "thinking…" is public, and Discord makes the first answer as public as that
            if not self.used:
                try:
                    original = await self._interaction.edit_original_response(
                        content=content, view=view, attachments=files
                    )
                except discord.NotFound as error:
                    if not missing(error):
                        raise
                    self.used = True  # somebody took it away
                else:
                    self.used = True
                    return str(original.id)
            more = await self._interaction.followup.send(
                content,
                view=view or discord.utils.MISSING,
                files=files,
                ephemeral=private or self.ephemeral,
                wait=True,
            )
            return str(more.id)

    async def change(
        self, message_id: str, content: str, *, view: discord.ui.View | None, files: list[discord.File]
    ) -> None:
        await self._interaction.followup.edit_message(int(message_id), content=content, view=view, attachments=files)

    async def clear(self) -> None:
        """Take "thinking…" away where no answer came."""
        async with self._lock:
            if not self.used:
                await self._clear()

    async def _clear(self) -> None:
        self.used = True
        await self._interaction.delete_original_response()


class Asked:
    """The interactions that can still be answered, and the messages that were sent through them."""

    def __init__(self) -> None:
        self._pending: Recent[str, Pending] = Recent(KEPT)  # by interaction id
        self._sent: Recent[str, Pending] = Recent(KEPT)  # by message id

    def add(self, interaction: discord.Interaction, *, ephemeral: bool) -> Pending:
        until = asyncio.get_running_loop().time() + LASTS
        pending = Pending(interaction, ephemeral=ephemeral, until=until)
        self._pending.put(str(interaction.id), pending)
        return pending

    def discard(self, interaction_id: int | str | None) -> None:
        self._pending.drop(str(interaction_id))

    def pending(self, interaction_id: str | None) -> Pending | None:
        """What `interaction_id` waits with, while its token is good."""
        return _good(self._pending.get(interaction_id or ""))

    def sent(self, message_id: str, through: Pending) -> None:
        self._sent.put(message_id, through)

    def sender(self, message_id: str) -> Pending | None:
        """Through what `message_id` was sent, while that can still change it."""
        return _good(self._sent.get(message_id))

    def unsend(self, message_id: str) -> None:
        self._sent.drop(message_id)


def _good(pending: Pending | None) -> Pending | None:
    return pending if pending and asyncio.get_running_loop().time() < pending.until else None


class Askers:
    """Who said what: for answers that must name, or reach alone, whoever asked."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._said: Recent[str, int] = Recent(KEPT)

    def said(self, message_id: str, user_id: str) -> None:
        self._said.put(message_id, int(user_id))

    def asker(self, message_id: str | None) -> int | None:
        if message_id is None:
            return None
        return self._seen.asker(int(message_id)) or self._said.get(message_id)

    def was_command(self, message_id: str | None) -> bool:
        """Whether it was an interaction: those are no messages that one can reply to."""
        return message_id is not None and self._seen.asker(int(message_id)) is not None
