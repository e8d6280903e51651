"""The port to wherever memories are searched.

Every question carries the scope it may see, as a mandatory keyword: without one it neither type-checks nor runs.
Implementations: `lance` (on disk), `inmemory` (the shipped fake). One contract suite runs over both.
"""

from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory.records import Memory, PersonId, Scope, TurnId
from memory.shelf import Shelf

Vectors = NDArray[np.float32]  # (rows, dimension), L2-normalised
Vector = NDArray[np.float32]  # (dimension,)


class MemoryStoreError(Exception):
    """The store did not do what it was asked. `hint` says what mends it."""

    hint = "Look at the log for the reason."


class StoreFull(MemoryStoreError):
    hint = "Free some space on the disk that holds storage.memory_uri."


class StoreMismatch(MemoryStoreError):
    """The vectors in the store were made by another model: they cannot be compared with this one's."""

    hint = (
        "Set embedding.model back to the model named above, or move the folder of storage.memory_uri away: "
        "it is rebuilt from the database at the next start."
    )


class MemoryReader(Protocol):
    """What a question needs."""

    async def shelf(self, *, scope: Scope, vector: Vector, stems: Sequence[str]) -> Shelf:
        """What a question with this `vector` and these `stems` is to be weighed against, of `scope` alone.

        All of the scope; of one too large for that, what is nearest by meaning or by words, with what was said just
        before and after. Rows are unique.

        Raises:
            TypeError: `scope` is not a Scope. Nothing has been read then.
            MemoryStoreError: it cannot be read.
        """
        ...

    async def names(self, *, scope: Scope) -> Sequence[str]:
        """Who has spoken in `scope`, by display name, each once. Raises as `shelf` does."""
        ...

    async def count(self, *, scope: Scope) -> int:
        """How many memories `scope` holds. Raises as `shelf` does."""
        ...


class MemoryWriter(Protocol):
    """What the indexer and forgetting need. There is one writer: calls queue behind each other."""

    async def add(self, memories: Sequence[Memory], vectors: Vectors) -> None:
        """Remember. An id that is already there is left as it is, so that any call may be repeated.

        Raises:
            StoreMismatch: the vectors have another dimension than those in the store.
            MemoryStoreError: nothing was added.
        """
        ...

    async def delete(
        self, *, ids: Collection[TurnId] = (), person: PersonId | None = None, scope: Scope | None = None
    ) -> int:
        """Forget the memories with these ids, and those this person said, and those of this scope. How many went.

        They are found no more at once; `purge` takes them off the disk.
        """
        ...

    async def purge(self) -> None:
        """Take what was deleted, and every older version that still holds it, off the disk."""
        ...

    async def tidy(self) -> None:
        """Housekeeping between writes; cheap where there is nothing to do."""
        ...

    async def ids(self) -> NDArray[np.int64]:
        """The ids of everything, ascending: for comparing with the database, never for reading memories."""
        ...


class MemoryStore(MemoryReader, MemoryWriter, Protocol):
    """Both halves."""


def checked(scope: Scope) -> Scope:
    """`scope`, if it is one.

    Raises:
        TypeError: it is None, a string or anything else that would read what it must not.
    """
    if type(scope) is not Scope:
        raise TypeError(f"A store is asked with a Scope, not with {type(scope).__name__}.")
    return scope


def digest(scope: Scope) -> str:
    """What stands for `scope` in a predicate: 32 hexadecimal digits, whatever a chat is called."""
    return blake2b(str(checked(scope)).encode(), digest_size=16).hexdigest()
