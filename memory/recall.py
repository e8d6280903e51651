"""One question to the memories that answer it, best first.

Who and when are read out of the question, the rest is embedded; every memory of the scope is weighed (`ranking`), what
is clearly not about it is left out, what says the same is shown once, and the best are taken while the words last.
"""

import math
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np

from memory.dates import period
from memory.embedder import Embedder
from memory.language import asked, flat
from memory.mentions import mentions
from memory.ranking import Question, Scores, Weights, scored
from memory.records import Author, Hit, Memory, Scope, TurnId
from memory.shelf import Floats, Shelf
from memory.store import MemoryReader

MOST = 40  # hits in one answer; beyond it nothing is worth reading
ALIKE = 0.95  # cosine from which two turns say the same
SHORT = 8  # words: a turn of fewer is not understood without the one before it
JUDGED = 10  # hits, the best ones, by which a question is judged to have an answer here at all


def floor(memories: int) -> float:
    """The evidence (0 to 2) that chance alone brings among so many memories: what is no better is no answer.

    Calibrated without labels, on questions put to other people's conversations of 1 to 300 turns (LoCoMo). The best of
    ten hits stays below this line for eight in ten: 0.12 among 1, 0.27 among 10, 0.42 among 100, 0.49 among 300.
    """
    return 0.12 + 0.15 * math.log10(max(memories, 1))


def evidence(scores: Scores) -> Floats:
    """How plainly each row is about the question, whatever the others are: by meaning, and by the words asked for."""
    return scores.cosine + scores.coverage


class Recall:
    """Asks a store through an embedder."""

    def __init__(self, store: MemoryReader, embedder: Embedder, *, weights: Weights | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._weights = weights or Weights()

    async def ask(
        self,
        question: str,
        *,
        scope: Scope,
        asker: Author | None,
        now: datetime,
        words: int,
        exclude: Collection[TurnId] = (),
    ) -> Sequence[Hit]:
        """What `scope` holds about `question`, best first, in at most `words` words. Empty where it holds nothing.

        `exclude` are turns that the reader sees anyway. `now` is aware; "ayer" is the day before it.

        Raises:
            TypeError: `scope` is not a Scope.
            EmbedderUnavailable, MemoryStoreError: nothing can be recalled now.
        """
        shelf, scores = await self._weighed(question, scope=scope, asker=asker, now=now)
        plain = evidence(scores)
        allowed = ~np.isin(shelf.ids, [int(turn) for turn in exclude])
        order = [int(row) for row in np.argsort(-scores.total, kind="stable") if allowed[row]]
        if max(plain[order[:JUDGED]], default=0.0) < floor(len(shelf)):
            return []
        order = [row for row in order if plain[row] >= floor(1)]
        return within_budget(_hits(shelf, scores, unlike(shelf, order[: 2 * MOST])[:MOST], exclude), words=words)

    async def rank(
        self, question: str, *, scope: Scope, asker: Author | None, now: datetime, limit: int
    ) -> Sequence[Hit]:
        """The `limit` best of `scope`, however far from the question: what `ask` chooses from. Raises as it does."""
        shelf, scores = await self._weighed(question, scope=scope, asker=asker, now=now)
        order = [int(row) for row in np.argsort(-scores.total, kind="stable")[:limit]]
        return [Hit(memory=shelf.memory(row), score=float(scores.total[row])) for row in order]

    async def _weighed(
        self, question: str, *, scope: Scope, asker: Author | None, now: datetime
    ) -> tuple[Shelf, Scores]:
        names = await self._store.names(scope=scope)
        about = mentions(question, names)
        groups = asked(about.bare)
        vector = (await self._embedder.embed([about.bare or question], question=True))[0]
        shelf = await self._store.shelf(scope=scope, vector=vector, stems=flat(groups))
        meant = {names[position] for position in about.speakers}
        person = asker.person if asker is not None and about.first_person else None
        return shelf, scored(
            shelf,
            Question(
                vector=vector,
                groups=groups,
                speakers=frozenset(code for code, name in enumerate(shelf.names) if name in meant),
                people=frozenset() if person is None else frozenset({int(person)}),
                period=period(question, now=now),
            ),
            self._weights,
        )


def unlike(shelf: Shelf, order: Sequence[int]) -> list[int]:
    """`order` without the rows that say what a better one has said already."""
    vectors = shelf.vectors[order].astype(np.float32)
    likeness = vectors @ vectors.T
    kept: list[int] = []  # places in `order`
    for place in range(len(order)):
        if not kept or float(likeness[place, kept].max()) < ALIKE:
            kept.append(place)
    return [order[place] for place in kept]


def _hits(shelf: Shelf, scores: Scores, rows: Sequence[int], exclude: Collection[TurnId]) -> list[Hit]:
    return [
        Hit(memory=shelf.memory(row), score=float(scores.total[row]), neighbours=neighbours(shelf, row, exclude))
        for row in rows
    ]


def neighbours(shelf: Shelf, row: int, exclude: Collection[TurnId] = ()) -> tuple[Memory, ...]:
    """What was said just before, where the turn is too short to be understood alone; and just after, where it asks."""
    short = len(shelf.texts[row].split()) < SHORT
    found = []
    for other, helps in ((row - 1, short), (row + 1, shelf.asking[row])):
        beside = 0 <= other < len(shelf) and shelf.sittings[other] == shelf.sittings[row]
        if helps and beside and TurnId(int(shelf.ids[other])) not in exclude:
            found.append(shelf.memory(other))
    return tuple(found)


def within_budget(hits: Sequence[Hit], *, words: int) -> list[Hit]:
    """The best hits that fit into `words`, each turn counted and shown once. A neighbour gives way to a hit; a hit that
    does not fit, to a shorter one after it.
    """
    chosen: list[Hit] = []
    shown = {hit.memory.id for hit in hits}
    left = words
    for hit in hits:
        if _words(hit.memory) > left:
            continue
        left -= _words(hit.memory)
        beside = []
        for memory in hit.neighbours:
            if memory.id not in shown and _words(memory) <= left:
                left -= _words(memory)
                shown.add(memory.id)
                beside.append(memory)
        chosen.append(Hit(memory=hit.memory, score=hit.score, neighbours=tuple(beside)))
    return chosen


def _words(memory: Memory) -> int:
    return len(memory.text.split())
