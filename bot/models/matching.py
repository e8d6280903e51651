"""How well a sentence answers a question, by the words they share. Spanish and English. Pure.

Coarse on purpose: recall has already found what is near in meaning; here one sentence is told from the next.
"""

import re

from bot.models.sentences import words
from bot.models.vocabulary import CONCEPTS, LIGHT_WORDS, STOP_WORDS

_ENDINGS = (
    *(
        "aciones",
        "acion",
        "ando",
        "iendo",
        "aban",
        "aba",
        "aron",
        "ieron",
        "ados",
        "adas",
        "ado",
        "ada",
        "idos",
        "idas",
    ),
    *("ido", "ida", "ing", "ed", "es", "as", "os", "an", "en", "ar", "er", "ir", "io", "ia", "ie"),
    *("s", "a", "e", "o", "i", "y"),
)
_SHORTEST_STEM = 3

_LONGEST_QUESTION, _LONGEST_SENTENCE = 500, 1000  # characters compared: every word of one meets every word of the other
_LIGHT_WEIGHT = 0.4
_ALIKE = 0.8  # of another word for the same thing, or another form of the same word

_EXPECTED_BONUS = 0.2
_EXTRA_COST = 0.01  # of a content word that the question did not ask about
_EXTRA_MOST = 12

_SELF_NAME = re.compile(r"\bcomo me llamo\b|\bmi nombre\b|\bquien soy\b|\bmy name\b|\bwho am i\b|\bwhat am i called\b")
_OWN_NAME = re.compile(
    r"\b(?:[Mm]e llamo|[Mm]i nombre|[Mm]y name|[Cc]all me|[Ll]l[aá]mame)\b|\b(?:[Ss]oy|I['’]m|I am) [A-ZÁÉÍÓÚÑ]"
)

# What is asked for, in the words of the question; and how an answer to it looks, as it was written.
_EXPECTED = (
    (
        re.compile(r"\b(?:cuando|when|fecha|date|dia|day)\b"),
        re.compile(
            r"\d|\b(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|\w+day|today|tomorrow|hoy|ayer|mañana"
            r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
            r"|january|february|march|april|may|june|july|august|september|october|november|december)\b",
            re.IGNORECASE,
        ),
    ),
    (re.compile(r"\b(?:donde|adonde|where)\b"), re.compile(r"\b(?:en|in|at|de|from|a|to|near|cerca)\s+\S")),
    (
        re.compile(r"\b(?:cuant[oa]s?|how (?:many|much|old|long))\b"),
        re.compile(
            r"\d|\b(?:un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez"
            r"|one|two|three|four|five|six|seven|eight|nine|ten)\b",
            re.IGNORECASE,
        ),
    ),
    (re.compile(r"\b(?:quien(?:es)?|who|como se llama\w*|name|called)\b"), re.compile(r"\s[A-ZÁÉÍÓÚÑ]\w")),
)


def content(text: str) -> frozenset[str]:
    """The stems that carry the meaning of `text`."""
    return frozenset(_stem(word) for word in words(text) if word not in _STOPPED and (len(word) > 1 or word.isdigit()))


def coverage(question: str, sentence: str, *, speaker: str = "") -> float:
    """How much of what `question` is about is in `sentence`: 0 to 1; 0 where it asks about nothing in particular.

    `speaker` counts as being in it: what Ana said answers a question about Ana.
    """
    if asks_own_name(question):
        return 1.0 if _OWN_NAME.search(sentence) else 0.0
    asked = content(question[:_LONGEST_QUESTION])
    if not asked:
        return 0.0
    said = content(sentence[:_LONGEST_SENTENCE]) | content(speaker)
    weights = {stem: _LIGHT_WEIGHT if stem in _LIGHT else 1.0 for stem in asked}
    found = sum(weights[stem] * max((_likeness(stem, other) for other in said), default=0.0) for stem in asked)
    return found / sum(weights.values())


def asks_own_name(question: str) -> bool:
    """Whether somebody asks what they themselves are called: there, their dog's name is no answer."""
    return _SELF_NAME.search(" ".join(words(question))) is not None


def aptness(question: str, sentence: str) -> float:
    """What tells two sentences of the same coverage apart: the kind of answer that was asked for, and brevity."""
    plain = " ".join(words(question))
    expected = any(asked.search(plain) and shape.search(sentence) for asked, shape in _EXPECTED)
    extra = min(len(content(sentence) - content(question)), _EXTRA_MOST)
    return _EXPECTED_BONUS * expected - _EXTRA_COST * extra


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if not _MEANINGS.get(one, _NONE).isdisjoint(_MEANINGS.get(other, _NONE)):
        return _ALIKE
    shorter = min(len(one), len(other))
    same_root = shorter > _SHORTEST_STEM and one[:shorter] == other[:shorter] and abs(len(one) - len(other)) <= 3
    return _ALIKE if same_root else 0.0


def _stem(word: str) -> str:
    """The word without its commonest endings. Light: number, gender, a few tenses."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


_STOPPED = frozenset(STOP_WORDS.split())
_LIGHT = frozenset(_stem(word) for word in words(LIGHT_WORDS))
_NONE: frozenset[int] = frozenset()
_LINES = [frozenset(_stem(word) for word in words(line)) for line in CONCEPTS.strip().splitlines()]
_MEANINGS = {
    stem: frozenset(number for number, line in enumerate(_LINES) if stem in line) for stem in frozenset().union(*_LINES)
}
