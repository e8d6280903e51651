"""Write other chats' histories into the log: conversations, turns, and which turn answered which.

SQL only, in batches; what is written comes back as memories for whoever indexes them. Knows no file format. Every
statement may be repeated: a turn is told again by (source, external id), so an import that was killed goes on where it
stopped, and the same file twice adds nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from memory.database import Database
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.schema import conversations, exchanges, turns
from memory.transcripts import Outcome

PLATFORM = "import"  # no live chat has it, so no import is ever taken for one


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConversation:
    """A conversation of an exported file."""

    format: str
    id: str  # the same in a later export of the same conversation
    title: str
    direct: bool  # two people, or one and an assistant

    @property
    def scope(self) -> Scope:
        """Whose memory it becomes when nobody says otherwise: a place of its own."""
        return Scope.place(self.format, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTurn:
    """One thing somebody said in an exported file."""

    conversation: ImportedConversation
    external_id: str  # unique within the conversation, and the same in a later export of it
    speaker: str
    text: str
    said_at: datetime  # aware, UTC
    speaker_id: str = ""  # as the other platform numbers them; empty where it has only names
    role: Role = Role.USER
    answers: tuple[str, ...] = ()  # external ids of the turns it answers, the nearest first
    session: str = ""
    memorable: bool = True  # False: a picture or a voice note without a word
    model: str = ""  # what wrote it, where an assistant did and the file says


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The one speaker of an import who is a person Martín knows. All others stay strangers without an account."""

    name: str  # or the other platform's id; case is not looked at
    person: PersonId

    def said(self, turn: ImportedTurn) -> bool:
        name = self.name.strip().casefold()
        return bool(name) and name in (turn.speaker.casefold(), turn.speaker_id.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of some turns."""

    new: Mapping[Scope, int]
    known: Mapping[Scope, int]
    memories: Sequence[Memory]  # to be indexed: the new ones, and known ones that a crash left without an index


@dataclass(slots=True, kw_only=True)
class _Place:
    id: ConversationId | None  # None in a dry run that found no such conversation
    scope: Scope
    source: str
    seen: set[str] = field(default_factory=set)  # of the batch in hand


@dataclass(frozen=True, slots=True)
class _Known:
    """A turn that is in already. The fields are columns of `turns`."""

    id: TurnId
    memorable: bool
    indexed_at: datetime | None
    person_id: PersonId | None
    speaker: str
    role: Role
    said_at: datetime


class ImportWriter:
    """Writes the turns of one import. Its batches must come one at a time, in the file's order."""

    def __init__(self, database: Database, *, scope: Scope | None, me: Me | None, dry_run: bool, now: datetime) -> None:
        self._database = database
        self._scope = scope
        self._me = me
        self._dry_run = dry_run
        self._now = now

    async def write(self, said: Sequence[ImportedTurn]) -> Batch:
        """Write the turns that are not there yet, and their exchanges, in one transaction.

        A dry run looks and counts, and writes nothing.

        Raises:
            DatabaseError: the database did not take them; then none of them is in.
        """
        new: dict[Scope, int] = {}
        known: dict[Scope, int] = {}
        memories: list[Memory] = []
        opening = self._database.reading() if self._dry_run else self._database.writing()
        async with opening as connection:
            for conversation, group in _by_conversation(said).items():
                place = await self._place(connection, conversation)
                before = await _known(connection, place, [turn.external_id for turn in group])
                fresh = [turn for turn in group if turn.external_id not in before and not _repeated(place, turn)]
                if fresh:
                    new[place.scope] = new.get(place.scope, 0) + len(fresh)
                if len(fresh) < len(group):
                    known[place.scope] = known.get(place.scope, 0) + len(group) - len(fresh)
                if self._dry_run or place.id is None:
                    continue
                ids = await self._insert(connection, place, fresh)
                await self._pair(connection, place, fresh, ids)
                unindexed = {key: row.id for key, row in before.items() if row.memorable and row.indexed_at is None}
                memories += self._memories(place, group, ids | unindexed)
        return Batch(new=new, known=known, memories=memories)

    async def _place(self, connection: AsyncConnection, conversation: ImportedConversation) -> _Place:
        scope = self._scope or conversation.scope
        identity = "\n".join((conversation.format, conversation.id, str(scope)))
        source = f"import:{sha256(identity.encode()).hexdigest()}"
        found = (await connection.execute(select(conversations.c.id).where(conversations.c.key == source))).scalar()
        if found is None and not self._dry_run:
            row = insert(conversations).values(
                key=source,
                platform=PLATFORM,
                chat_id=f"{conversation.format}:{conversation.id}"[:128],
                kind="direct" if conversation.direct else "group",
                title=conversation.title[:256],
                created_at=self._now,
            )
            found = (await connection.execute(row.returning(conversations.c.id))).scalar_one()
        return _Place(id=None if found is None else ConversationId(found), scope=scope, source=source)

    async def _insert(
        self, connection: AsyncConnection, place: _Place, fresh: Sequence[ImportedTurn]
    ) -> dict[str, TurnId]:
        if not fresh:
            return {}
        rows = [
            {
                "conversation_id": place.id,
                "scope": str(place.scope),
                "role": turn.role,
                "person_id": self._person(turn),
                "speaker": turn.speaker[:256],
                "text": turn.text,
                "said_at": turn.said_at,
                "message_id": turn.external_id,
                "reply_to": turn.answers[0] if turn.answers else "",
                "source": place.source,
                "external_id": turn.external_id,
                "session": turn.session[:64],
                "memorable": turn.memorable,
            }
            for turn in fresh
        ]
        written = await connection.execute(insert(turns).returning(turns.c.id, turns.c.external_id), rows)
        return {row.external_id: TurnId(row.id) for row in written}

    async def _pair(
        self, connection: AsyncConnection, place: _Place, fresh: Sequence[ImportedTurn], ids: Mapping[str, TurnId]
    ) -> None:
        """Make an exchange of every fresh turn that answers another speaker's.

        Never for training: `consents` stays false, since nobody in the file was asked.
        """
        asked = await _known(connection, place, {key for turn in fresh for key in turn.answers})
        rows = [
            {
                "conversation_id": place.id,
                "input_turn_id": asked[key].id,
                "response_turn_id": ids[turn.external_id],
                "person_id": asked[key].person_id,
                "provider": PLATFORM,
                "model": turn.model[:256],
                "consents": False,
                "outcome": Outcome.COMPLETE,
                "started_at": asked[key].said_at,
            }
            for turn in fresh
            for key in dict.fromkeys(turn.answers)
            if key in asked and (asked[key].speaker, asked[key].role) != (turn.speaker[:256], turn.role)
        ]
        if rows:
            await connection.execute(insert(exchanges), rows)

    def _memories(self, place: _Place, group: Iterable[ImportedTurn], ids: Mapping[str, TurnId]) -> list[Memory]:
        if place.id is None:
            return []
        waiting = dict(ids)
        return [
            Memory(
                id=waiting.pop(turn.external_id),
                scope=place.scope,
                conversation=place.id,
                role=turn.role,
                speaker=turn.speaker[:256],
                person=self._person(turn),
                text=turn.text,
                said_at=turn.said_at,
                session=turn.session[:64],
            )
            for turn in group
            if turn.memorable and turn.external_id in waiting
        ]

    def _person(self, turn: ImportedTurn) -> PersonId | None:
        return self._me.person if self._me is not None and self._me.said(turn) else None


def _by_conversation(said: Sequence[ImportedTurn]) -> dict[ImportedConversation, list[ImportedTurn]]:
    groups: dict[ImportedConversation, list[ImportedTurn]] = {}
    for turn in said:
        groups.setdefault(turn.conversation, []).append(turn)
    return groups


async def _known(connection: AsyncConnection, place: _Place, keys: Iterable[str]) -> dict[str, _Known]:
    columns = [turns.c[column.name] for column in fields(_Known)]
    rows = await connection.execute(
        select(turns.c.external_id, *columns).where(turns.c.source == place.source, turns.c.external_id.in_(set(keys)))
    )
    return {key: _Known(*row) for key, *row in rows}


def _repeated(place: _Place, turn: ImportedTurn) -> bool:
    if turn.external_id in place.seen:
        return True
    place.seen.add(turn.external_id)
    return False
