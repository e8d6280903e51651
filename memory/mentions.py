"""Who a question is about.

Names of people who have spoken here, and the asker's own "yo/mi", "I/my". Pure; knows no store. What it finds is used
as a soft preference: "What did Ana say about my car?" is also answered by what others said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.language import folded

_FIRST_PERSON = frozenset(
    {"i", "me", "my", "mine", "myself", "yo", "mi", "mis", "mio", "mia", "mios", "mias", "conmigo"}
)
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")
_SHORTEST = 3  # a first name alone is looked for only if it is this long: "Al" and "Jo" are other words too


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """`speakers` are positions in the names given. `bare` is the question without those names."""

    speakers: frozenset[int]
    first_person: bool
    bare: str


def mentions(question: str, names: Sequence[str]) -> Mentions:
    """Who of `names` (display names) `question` speaks of, and whether it speaks of the asker.

    A name is taken out before the question is embedded: a memory rarely names its own speaker, so that a name pulls the
    vector towards turns that merely greet. (Measured on LoCoMo: R@10 44.7 with the names, 58.7 without.)
    """
    spans = [(match.start(), match.end()) for match in _WORD.finditer(question)]
    heard = [folded(question[start:end]) for start, end in spans]
    known = _forms(names)
    longest = max(map(len, known), default=0)
    found: set[int] = set()
    kept: list[str] = []
    read_to = 0  # characters of the question already kept or cut
    word = 0
    while word < len(heard):
        for length in range(min(longest, len(heard) - word), 0, -1):
            if meant := known.get(tuple(heard[word : word + length])):
                found |= meant
                kept.append(question[read_to : spans[word][0]])
                read_to = spans[word + length - 1][1]
                if possessive := _POSSESSIVE.match(question, read_to):
                    read_to = possessive.end()
                word += length
                break
        else:
            word += 1
    kept.append(question[read_to:])
    return Mentions(
        speakers=frozenset(found),
        first_person=not _FIRST_PERSON.isdisjoint(heard),
        bare=" ".join(" ".join(kept).split()),
    )


def _forms(names: Sequence[str]) -> dict[tuple[str, ...], set[int]]:
    """Display names as people say them, whole and by the first part: `Ana María López` is also `Ana`."""
    forms: dict[tuple[str, ...], set[int]] = {}
    for position, name in enumerate(names):
        parts = tuple(folded(part) for part in _WORD.findall(name))
        if not any(part.isalpha() for part in parts):
            continue
        forms.setdefault(parts, set()).add(position)
        if len(parts[0]) >= _SHORTEST:
            forms.setdefault(parts[:1], set()).add(position)
    return forms
