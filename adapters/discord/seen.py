"""What must outlive a restart: how far each channel was read, who asked which command, which commands Discord has.

One small JSON text, kept wherever `save` puts it. A crash loses at most the last second of it, which only means that
some messages are read again; the core knows them by their ids.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog

Load: TypeAlias = Callable[[], Awaitable[str]]  # empty where nothing was saved yet
Save: TypeAlias = Callable[[str], Awaitable[None]]

CHANNELS = 500  # the most recently active ones
ASKED = 200  # the newest ones
SAVE_EVERY = 1.0  # seconds

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a channel was read."""

    last: int  # message id
    direct: bool


class Seen:
    def __init__(self, *, save: Save) -> None:
        self._save = save
        self._marks: dict[int, Mark] = {}
        self._asked: dict[int, int] = {}
        self._held: set[int] = set()
        self._saving: asyncio.Task[None] | None = None
        self._changed = False
        self.commands = ""  # digest of what Discord was last told

    @classmethod
    async def read(cls, *, load: Load, save: Save) -> "Seen":
        """Take up what an earlier run saved; what cannot be read counts as nothing."""
        seen = cls(save=save)
        try:
            saved = json.loads(await load() or "{}")
            seen._marks = {
                int(id_): Mark(last=last, direct=direct) for id_, (last, direct) in saved["channels"].items()
            }
            seen._asked = {int(id_): user for id_, user in saved["asked"].items()}
            seen.commands = saved["commands"]
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        return seen

    def marks(self) -> dict[int, Mark]:
        """Every channel to catch up on. From now on, channels that were held back move on again."""
        self._held.clear()
        return dict(self._marks)

    def read_to(self, channel: int, message: int, *, direct: bool, addressed: bool) -> None:
        """A message was dealt with. Channels count as known once somebody spoke to Martín there."""
        mark = self._marks.pop(channel, None)
        if mark is None and not (addressed or direct):
            return
        last = mark.last if mark and (channel in self._held or mark.last > message) else message
        self._marks[channel] = Mark(last=last, direct=direct)  # at the end: dicts keep the order of activity
        while len(self._marks) > CHANNELS:
            del self._marks[next(iter(self._marks))]
        self._touch()

    def hold(self, channel: int, message: int, *, direct: bool) -> None:
        """A message could not be dealt with: read the channel from before it at the next connection."""
        mark = self._marks.get(channel)
        if mark is None or mark.last >= message:
            self._marks[channel] = Mark(last=message - 1, direct=direct)
        self._held.add(channel)
        self._touch()

    def drop(self, channel: int) -> None:
        """The channel is gone."""
        if self._marks.pop(channel, None):
            self._touch()

    def asked(self, interaction: int, user: int) -> None:
        """Keep who to name, in case the answer must go out as a plain message."""
        self._asked[interaction] = user
        while len(self._asked) > ASKED:
            del self._asked[next(iter(self._asked))]
        self._touch()

    def asker(self, interaction: int) -> int | None:
        return self._asked.get(interaction)

    def told(self, commands: str) -> None:
        """Discord has the commands of this digest."""
        self.commands = commands
        self._touch()

    def _touch(self) -> None:
        self._changed = True
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_soon())

    async def _save_soon(self) -> None:
        while self._changed:
            await asyncio.sleep(SAVE_EVERY)
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            await self._write()
        except Exception:
            self._changed = True
            log.warning("discord.seen_not_saved", exc_info=True)

    async def _write(self) -> None:
        self._changed = False
        saved = {
            "channels": {str(id_): [mark.last, mark.direct] for id_, mark in self._marks.items()},
            "asked": {str(id_): user for id_, user in self._asked.items()},
            "commands": self.commands,
        }
        await self._save(json.dumps(saved))

    async def close(self) -> None:
        """Save what is not saved yet."""
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        if self._changed:
            await self._try_to_write()
