"""Weigh every memory of a shelf against a question.

Each signal is a named function that gives one number a row, in its own units; `scored` brings them to one scale
(z-scores) and adds them up with fixed weights. The weights are round numbers chosen from what each signal is, and by
leaving signals out one at a time on LoCoMo's five development conversations; none was fitted: fitted weights transfer
badly. Pure: arrays in, arrays out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.dates import Period
from memory.shelf import Floats, Ints, Shelf

Groups = Sequence[Sequence[str]]

K1 = 1.2  # BM25's saturation and length normalisation, as in Robertson and Zaragoza (2009)
B = 0.75
STILL = 1e-9  # less is nothing
# The least deviation that a z-score divides by. Among few memories, chance differences must not look like great ones.
LEAST_COSINE = 0.08  # of unrelated sentences, with MiniLM
LEAST_OTHER = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as the signals read it."""

    vector: NDArray[np.float32]  # of the question without names
    groups: Groups  # see `language.asked`
    speakers: frozenset[int] = frozenset()  # positions in `Shelf.names`
    people: frozenset[int] = frozenset()  # person ids; the asker's, where the question says "I"
    period: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each signal is worth, against one standard deviation of meaning.

    The first group is in standard deviations, the second in plain 0 to 1.
    """

    meaning: float = 1.0
    words: float = 0.7  # as telling as meaning, but its best rows stand out further (a longer tail), so less of it
    sitting: float = 0.3  # a hint only: the whole conversation was about it
    topic: float = 0.2  # the same, by meaning
    length: float = 0.4  # a longer turn tells more

    speaker: float = 1.6  # enough to lift a fair match over a better one by somebody else; not a poor one
    period: float = 1.6  # likewise for when
    asking: float = 1.0  # taken off a turn that only asks
    answering: float = 0.2  # following somebody else's question
    answered: float = 0.4  # and, for each deviation of its meaning, following just this question


def standard(values: Floats, *, least: float = LEAST_OTHER) -> Floats:
    """z-scores: how unusual each value is among its fellows, who differ by `least` at least."""
    if not len(values):
        return values
    return np.asarray((values - values.mean()) / max(float(values.std()), least))


def meaning(shelf: Shelf, question: Question) -> Floats:
    """Cosine of the turn alone with the question without names, -1 to 1."""
    wide = shelf.vectors.astype(np.float32)  # numpy multiplies halves 50 times slower than it widens them
    return np.asarray(wide @ question.vector, dtype=np.float64)


def counts(shelf: Shelf, groups: Groups) -> Floats:
    """How often each group of stems occurs in each row: (groups, rows)."""
    group_of = np.full(len(shelf.vocabulary) + 1, -1, np.int64)
    for number, group in enumerate(groups):
        for stem in group:
            code = shelf.vocabulary.get(stem)
            if code is not None and group_of[code] < 0:
                group_of[code] = number
    hits = group_of[shelf.tokens]
    there = hits >= 0
    cells = hits[there] * len(shelf) + shelf.row_of_token[there]
    return np.bincount(cells, minlength=len(groups) * len(shelf)).reshape(len(groups), len(shelf)).astype(np.float64)


def rarity(occurs: Floats) -> Floats:
    """BM25's inverse document frequency of each group, never negative."""
    documents = occurs.shape[1]
    having = (occurs > 0).sum(axis=1)
    return np.asarray(np.log1p((documents - having + 0.5) / (having + 0.5)))


def bm25(occurs: Floats, lengths: Floats, idf: Floats) -> Floats:
    """Okapi BM25 of each document (column) for all groups (rows). `lengths` in stems."""
    mean = lengths.mean() if len(lengths) else 0.0
    norm = K1 * (1 - B + B * lengths / max(mean, 1.0))
    return np.asarray(idf @ (occurs * (K1 + 1) / (occurs + norm)))


def coverage(occurs: Floats, idf: Floats) -> Floats:
    """The share of the groups, weighted by rarity, that a row says at least once."""
    return np.asarray(idf @ (occurs > 0) / max(float(idf.sum()), STILL))


def with_around(values: Floats, sittings: Ints) -> Floats:
    """Each column plus the one before and the one after, within one sitting."""
    together = values.copy()
    joined = (sittings[1:] == sittings[:-1]).astype(np.float64)
    together[..., 1:] += values[..., :-1] * joined
    together[..., :-1] += values[..., 1:] * joined
    return together


def per_sitting(values: Floats, sittings: Ints) -> Floats:
    """Columns summed over each sitting."""
    firsts = np.flatnonzero(np.diff(sittings, prepend=-1))
    return np.asarray(np.add.reduceat(values, firsts, axis=-1))


def spoken_by(shelf: Shelf, question: Question) -> Floats:
    """1 where who is meant is the one who speaks. 0 everywhere if nobody is meant."""
    named = np.isin(shelf.speaker_codes, list(question.speakers))
    known = np.isin(shelf.persons, list(question.people))
    return np.asarray((named | known).astype(np.float64))


def within(shelf: Shelf, period: Period | None) -> Floats:
    """1 in the time meant, falling to 0 as far outside as it is long: "last week" is said loosely."""
    if period is None:
        return np.zeros(len(shelf))
    start, end = period.start.timestamp(), period.end.timestamp()
    outside = np.maximum(np.maximum(start - shelf.said_at, shelf.said_at - end), 0.0)
    return np.asarray(np.clip(1.0 - outside / (end - start), 0.0, 1.0))


def answering(shelf: Shelf) -> Floats:
    """1 where the turn before it, in the same sitting, was somebody else's question."""
    after = np.zeros(len(shelf))
    same = shelf.sittings[1:] == shelf.sittings[:-1]
    other = shelf.speaker_codes[1:] != shelf.speaker_codes[:-1]
    after[1:] = same & other & shelf.asking[:-1]
    return after


def answered(answers: Floats, nearness: Floats) -> Floats:
    """How near to the question the one was that this row answers; 0 where it was not near, or there was none."""
    before = np.concatenate((np.zeros(1), nearness[:-1]))
    return np.asarray(answers * np.maximum(before, 0.0))


def best_of_sitting(values: Floats, sittings: Ints) -> Floats:
    """For each row the highest value in its sitting."""
    firsts = np.flatnonzero(np.diff(sittings, prepend=-1))
    return np.asarray(np.maximum.reduceat(values, firsts)[sittings])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One number a row each."""

    total: Floats  # what to order by: higher is better, comparable within this question only
    cosine: Floats  # -1 to 1
    coverage: Floats  # 0 to 1: how much of what was asked, by rarity, is said in the row


def scored(shelf: Shelf, question: Question, weights: Weights) -> Scores:
    """Every row of `shelf` against `question`."""
    if not len(shelf):
        return Scores(total=np.zeros(0), cosine=np.zeros(0), coverage=np.zeros(0))
    occurs = counts(shelf, question.groups)
    idf = rarity(occurs)
    lengths = np.diff(shelf.starts).astype(np.float64)
    around = bm25(with_around(occurs, shelf.sittings), with_around(lengths, shelf.sittings), idf)
    whole = bm25(per_sitting(occurs, shelf.sittings), per_sitting(lengths, shelf.sittings), idf)[shelf.sittings]
    cosine = meaning(shelf, question)
    near = standard(cosine, least=LEAST_COSINE)
    answers = answering(shelf)
    total = (
        weights.meaning * near
        + weights.words * standard(around)
        + weights.sitting * standard(whole)
        + weights.topic * standard(best_of_sitting(near, shelf.sittings))
        + weights.length * standard(np.log1p(lengths))
        + weights.speaker * spoken_by(shelf, question)
        + weights.period * within(shelf, question.period)
        - weights.asking * shelf.asking
        + weights.answering * answers
        + weights.answered * answered(answers, near)
    )
    return Scores(total=total, cosine=cosine, coverage=coverage(occurs, idf))
