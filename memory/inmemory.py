"""A store in a dictionary: the fake that ships with the port, and a session's memory where nothing may be kept."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.language import stems as stems_of
from memory.records import Memory, PersonId, Role, Scope, TurnId
from memory.shelf import Shelf
from memory.store import StoreMismatch, Vector, Vectors, checked


class InMemoryStore:
    """Forgets when the process ends."""

    def __init__(self) -> None:
        self._rows: dict[TurnId, tuple[Memory, NDArray[np.float16]]] = {}

    async def shelf(self, *, scope: Scope, vector: Vector, stems: Sequence[str]) -> Shelf:
        del stems  # everything is weighed
        checked(scope)
        rows = [row for row in self._rows.values() if row[0].scope == scope]
        rows.sort(key=lambda row: (row[0].conversation, row[0].id))
        memories = [memory for memory, _ in rows]
        vocabulary: dict[str, int] = {}
        said = [[vocabulary.setdefault(stem, len(vocabulary)) for stem in stems_of(one.text)] for one in memories]
        return Shelf(
            scope=scope,
            ids=np.array([one.id for one in memories], np.int64),
            conversations=np.array([one.conversation for one in memories], np.int64),
            vectors=np.array([half for _, half in rows], np.float16).reshape(len(rows), len(vector)),
            said_at=np.array([one.said_at.timestamp() for one in memories], np.float64),
            persons=np.array([one.person or 0 for one in memories], np.int64),
            assistant=np.array([one.role is Role.ASSISTANT for one in memories], np.bool_),
            speakers=[one.speaker for one in memories],
            sessions=[one.session for one in memories],
            texts=[one.text for one in memories],
            tokens=np.array([code for codes in said for code in codes], np.int32),
            starts=np.cumsum([0, *map(len, said)], dtype=np.int64),
            vocabulary=vocabulary,
        )

    async def names(self, *, scope: Scope) -> Sequence[str]:
        checked(scope)
        return tuple({memory.speaker: None for memory, _ in self._rows.values() if memory.scope == scope})

    async def count(self, *, scope: Scope) -> int:
        checked(scope)
        return sum(memory.scope == scope for memory, _ in self._rows.values())

    async def add(self, memories: Sequence[Memory], vectors: Vectors) -> None:
        for memory, vector in zip(memories, vectors, strict=True):
            there = next(iter(self._rows.values()), None)
            if there is not None and len(there[1]) != len(vector):
                raise StoreMismatch(f"Vectors have {len(there[1])} dimensions here, not {len(vector)}.")
            self._rows.setdefault(memory.id, (memory, vector.astype(np.float16)))

    async def delete(
        self, *, ids: Collection[TurnId] = (), person: PersonId | None = None, scope: Scope | None = None
    ) -> int:
        doomed = [
            memory.id
            for memory, _ in self._rows.values()
            if memory.id in ids or (person is not None and memory.person == person) or memory.scope == scope
        ]
        for turn in doomed:
            del self._rows[turn]
        return len(doomed)

    async def purge(self) -> None:
        """Nothing is left to purge."""

    async def tidy(self) -> None:
        """Nothing is left to tidy."""

    async def ids(self) -> NDArray[np.int64]:
        return np.array(sorted(self._rows), np.int64)
