"""Find what somebody said again where others repeat it.

Pure. Accents, capitals and punctuation do not hide a quote. A word or two is no quote: everybody says "sí, claro".
"""

import re
from collections.abc import Iterable

from memory.language import folded

RUN = 4  # words in a row that are somebody's and not the language's
SHORTEST = 3  # words of a whole message that is quoted whole
GONE = "[…]"

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…\n]+")

Words = tuple[str, ...]


class Quotes:
    """The sentences of some texts, and every run of `RUN` words in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: set[Words] = set()
        self._passages: dict[Words, set[Words]] = {}  # by their first words
        for text in texts:
            said = _words(text)
            self._runs.update(said[at : at + RUN] for at in range(len(said) - RUN + 1))
            if len(said) >= SHORTEST:
                self._passages.setdefault(said[:SHORTEST], set()).add(said)
            for sentence in map(_words, _SENTENCE_END.split(text)):
                if len(sentence) >= RUN:
                    self._passages.setdefault(sentence[:SHORTEST], set()).add(sentence)

    def in_part(self, text: str) -> bool:
        """Whether `text` repeats a run of words, or a whole short message."""
        said = _words(text)
        if any(said[at : at + RUN] in self._runs for at in range(len(said) - RUN + 1)):
            return True
        return any(self._passage(said, at) for at in range(len(said)))

    def without(self, text: str) -> str:
        """`text` with every whole sentence and message that it repeats replaced by […]."""
        marks = list(_WORD.finditer(text))
        said = tuple(folded(mark[0]) for mark in marks)
        kept, copied, at = [], 0, 0
        while at < len(said):
            length = self._passage(said, at)
            if length:
                kept += [text[copied : marks[at].start()], GONE]
                copied = marks[at + length - 1].end()
            at += length or 1
        return "".join((*kept, text[copied:]))

    def _passage(self, said: Words, at: int) -> int:
        """How many words the longest passage has that begins at `at`; 0: none does."""
        starting = self._passages.get(said[at : at + SHORTEST], ())
        return max((len(passage) for passage in starting if said[at : at + len(passage)] == passage), default=0)


def _words(text: str) -> Words:
    return tuple(folded(word) for word in _WORD.findall(text))
