"""Everything of one scope that a question is weighed against, in columns.

One row a memory, ordered by conversation and then by id, so that the row before and the row after are what was said
before and after. Both stores build it; `ranking` reads it. Does no I/O.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memory.language import is_question
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId

SITTING_GAP = 3 * 3600.0  # seconds of silence after which a new sitting begins, where no session is named

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Halves = NDArray[np.float16]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """`n` memories of `scope`. `tokens` holds the stems of all rows end to end, as numbers of `vocabulary`;
    row `i` owns `tokens[starts[i]:starts[i + 1]]`.
    """

    scope: Scope
    ids: Ints
    conversations: Ints
    vectors: Halves  # (n, dimension), L2-normalised
    said_at: Floats  # seconds since the epoch
    persons: Ints  # 0 where nobody is known
    assistant: Bools
    speakers: Sequence[str]
    sessions: Sequence[str]
    texts: Sequence[str]
    tokens: NDArray[np.int32]
    starts: Ints  # (n + 1,)
    vocabulary: dict[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Memory]:
        return (self.memory(row) for row in range(len(self)))

    def memory(self, row: int) -> Memory:
        person = int(self.persons[row])
        return Memory(
            id=TurnId(int(self.ids[row])),
            scope=self.scope,
            conversation=ConversationId(int(self.conversations[row])),
            role=Role.ASSISTANT if self.assistant[row] else Role.USER,
            speaker=self.speakers[row],
            person=PersonId(person) if person else None,
            text=self.texts[row],
            said_at=datetime.fromtimestamp(self.said_at[row], UTC),
            session=self.sessions[row],
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Who has spoken, each once."""
        return tuple(dict.fromkeys(self.speakers))

    @cached_property
    def speaker_codes(self) -> Ints:
        number = {name: code for code, name in enumerate(self.names)}
        return np.fromiter((number[name] for name in self.speakers), np.int64, len(self))

    @cached_property
    def asking(self) -> Bools:
        return np.fromiter((is_question(text) for text in self.texts), np.bool_, len(self))

    @cached_property
    def row_of_token(self) -> Ints:
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def sittings(self) -> Ints:
        """Which sitting each row belongs to, numbered along the rows: by its session, or by silence before it."""
        if not len(self):
            return np.zeros(0, np.int64)
        number = {name: code for code, name in enumerate(dict.fromkeys(self.sessions))}
        named = np.fromiter((number[name] for name in self.sessions), np.int64, len(self))
        unnamed = np.fromiter((not name for name in self.sessions), np.bool_, len(self))
        breaks = np.diff(self.conversations) != 0
        breaks |= np.diff(named) != 0
        breaks |= unnamed[1:] & (np.abs(np.diff(self.said_at)) > SITTING_GAP)
        return np.concatenate(([0], np.cumsum(breaks)))

    @cached_property
    def bytes(self) -> int:
        """About how much memory it holds, derived columns included."""
        text = sum(map(len, self.texts)) + 60 * len(self)  # 60: what Python adds to a string
        return int(
            self.vectors.nbytes + self.tokens.nbytes + 12 * len(self.tokens) + 80 * len(self.vocabulary) + 2 * text
        )
