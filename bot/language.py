"""Which of Martín's languages a message is written in, for a person who has not chosen one.

Knows no person and keeps nothing. The only module that imports py3langid.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from bot.i18n import LANGUAGES

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]  # it has no types

SURE = 0.95  # probability; on short messages "hola" passes for English at 0.84, and French for English at 0.92
LEAST_LETTERS = 5
LONGEST = 1000  # characters: more of them tell nothing new

_NOT_SPEECH = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\w+://\S+|[@/]\w+|\d+", re.DOTALL)


def detect(text: str) -> str:
    """The language of `text`, or "" where it is too short or in doubt: then ask again with the next message.

    Takes 0.03 ms. The first call loads the model, which takes most of a second and 55 MB: make it in a thread.
    """
    speech = " ".join(_NOT_SPEECH.sub(" ", text[: 4 * LONGEST]).split())[:LONGEST]
    if sum(map(str.isalpha, speech)) < LEAST_LETTERS:
        return ""
    language, probability = _identifier().classify(speech.lower())
    return str(language) if probability >= SURE else ""


def load() -> None:
    """Load the model, so that the first message need not wait for it. Takes most of a second, and 59 MB."""
    _identifier()


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # here: the prompt must not wait for numpy

    full = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    full.set_languages(list(LANGUAGES))
    return LanguageIdentifier(  # again, without the tables of 140 other languages: 28 MB less
        full.nb_ptc.copy(),
        full.nb_pc,
        full.nb_classes,
        full.tk_nextmove,
        full.tk_output,
        norm_probs=True,
        tk_row=full.tk_row,
    )
