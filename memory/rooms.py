"""What was set for a conversation: whether Martín listens in its group, how he speaks there, where its view begins.

A setting of a group holds in all its threads. The rows themselves are made by `memory.transcripts`.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from memory.audit import note
from memory.database import Database
from memory.records import PersonId, TurnId
from memory.schema import conversations, turns

CACHE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A group's settings."""

    listens: bool = False  # its admin turned on that what is not said to Martín is remembered too
    persona: str = ""


class Rooms:
    """Settings of conversations, over one database. Cached: an overheard message costs no SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: dict[tuple[str, str], tuple[float, Room]] = {}  # one small entry a group

    async def get(self, platform: str, chat_id: str) -> Room:
        """A group's settings, over all its threads."""
        stale_at, room = self._cache.get((platform, chat_id), (0.0, Room()))
        if time.monotonic() < stale_at:
            return room
        stale_at = time.monotonic() + CACHE_SECONDS
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(conversations.c.listens, conversations.c.persona).where(
                    conversations.c.platform == platform, conversations.c.chat_id == chat_id
                )
            )
            found = rows.all()
        room = Room(
            listens=any(row.listens for row in found), persona=next((row.persona for row in found if row.persona), "")
        )
        self._cache[platform, chat_id] = (stale_at, room)
        return room

    async def set_listens(self, platform: str, chat_id: str, listens: bool, *, by: PersonId, now: datetime) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                update(conversations)
                .where(conversations.c.platform == platform, conversations.c.chat_id == chat_id)
                .values(listens=listens)
            )
            action = "group listen" if listens else "group unlisten"
            await note(connection, action=action, who=by, now=now, detail=f"{platform}:{chat_id}")
        self._cache.pop((platform, chat_id), None)

    async def set_persona(self, platform: str, chat_id: str, persona: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                update(conversations)
                .where(conversations.c.platform == platform, conversations.c.chat_id == chat_id)
                .values(persona=persona)
            )
        self._cache.pop((platform, chat_id), None)

    async def start_anew(self, key: str) -> TurnId:
        """Show a model nothing of the conversation `key` said until now. It stays remembered."""
        async with self._database.writing() as connection:
            last = await connection.scalar(
                select(func.coalesce(func.max(turns.c.id), 0))
                .join(conversations, conversations.c.id == turns.c.conversation_id)
                .where(conversations.c.key == key)
            )
            await connection.execute(
                update(conversations).where(conversations.c.key == key).values(starts_after=last or 0)
            )
        return TurnId(last or 0)
