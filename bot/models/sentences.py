"""Sentences, and what kind of thing each does: ask, tell, greet. Spanish and English, by rule. Pure."""

import re
import unicodedata
from enum import StrEnum

_END = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'»”)\]])\s+|\n+|\s+(?=¿)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Kind(StrEnum):
    QUESTION = "question"
    REQUEST = "request"  # to do what takes a model: write, translate, explain
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    STATEMENT = "statement"
    NOTHING = "nothing"  # no word in it


# All are matched against words in lower case and without accents.
_ASKS = re.compile(
    r"(?:(?:y|and|pero|but|oye|so|hey|martin) )*(?:"
    r"(?:(?:a|de|en|con|por|para|desde|hasta) )?"
    r"(?:que|quien|quienes|cual|cuales|cuando|donde|adonde|cuanto|cuanta|cuantos|cuantas|como)"
    r"|te acuerdas|recuerdas|sabes|sabrias|me recuerdas|puedes decirme|podrias decirme|dime|recuerdame|hablame"
    r"|quiero saber|quisiera saber|me gustaria saber|i want to know|i would like to know|id like to know|i wonder"
    r"|what|whats|who|whos|whom|whose|when|where|wheres|which|why|how|tell me|remind me"
    r"|(?:do|does|did|is|are|was|were|am|can|could|will|would|should|have|has|had) "
    r"(?:i|you|we|he|she|it|they|my|your|the|that|this|there|anyone|anybody)"
    r")\b"
)
# Words that open a question, and as often a statement whose writer spared the accents: "cuando llegué…", "como pan".
_UNSURE = re.compile(
    r"(?:(?:y|pero) )*(?:que|quien|cual|cuando|donde|cuanto|cuanta|cuantos|cuantas|como|when|where|which)\b"
)
_UNSURE_WORDS = 7
_ACCENTED = re.compile(r"\b(?:qué|quién(?:es)?|cuál(?:es)?|cuándo|(?:a)?dónde|cuánt[oa]s?|cómo)\b", re.IGNORECASE)
_REQUESTS = re.compile(
    r"(?:(?:por favor|please|oye|martin|can you|could you|me puedes|puedes|podrias|quiero que) )*(?:"
    r"escrib\w+|redact\w+|traduc\w+|resum\w+|expli[cq]\w+|haz|hazme|calcula\w*|inventa\w*|programa\w*|busca\w*|corrig\w+"
    r"|genera\w*|cuentame un\w*|dame|compon|analiza\w*|compara\w*"
    r"|write|translate|summari[sz]e|explain|make me|calculate|invent|search|generate|give me|compose|analy[sz]e|compare"
    r"|draft|tell me a(?: story| joke)"
    r")\b"
)
_GREETINGS = re.compile(
    r"(?:hola|buenas|buenos dias|buenas tardes|hey|hi|hello|good morning|good afternoon|good evening|saludos"
    r"|que tal|how are you|como estas)(?: (?:martin|a todos|all|everyone|there|de nuevo|again|que tal|como estas))*"
)
_THANKS = re.compile(
    r"(?:muchas |mil )?(?:gracias|thanks|thank you|thx)(?: (?:martin|a lot|so much|very much|por todo))*"
)
_FAREWELLS = re.compile(
    r"(?:adios|hasta (?:luego|manana|pronto|otra)|chao|nos vemos|bye|bye bye|goodbye|see you|good night|buenas noches)"
    r"(?: (?:martin|later|soon|tomorrow))*"
)


def split(text: str) -> list[str]:
    """The sentences of `text`, in order, white space tidied. An inverted question mark begins one wherever it is."""
    return [tidy for part in _END.split(text) if (tidy := " ".join(part.split()))]


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, no accents, no apostrophes ("what's" is "whats")."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return [word.replace("'", "").replace("’", "") for word in _WORD.findall(plain)]


def kind(sentence: str) -> Kind:
    """What a sentence does. Without its question mark a question is told by its first words."""
    spoken = words(sentence)
    plain = " ".join(spoken)
    if not spoken:
        return Kind.NOTHING
    for known, pattern in ((Kind.GREETING, _GREETINGS), (Kind.THANKS, _THANKS), (Kind.FAREWELL, _FAREWELLS)):
        if pattern.fullmatch(plain):
            return known
    if _REQUESTS.match(plain):
        return Kind.REQUEST
    if "?" in sentence or "¿" in sentence:
        return Kind.QUESTION
    if _ASKS.match(plain) and (not _UNSURE.match(plain) or _ACCENTED.search(sentence) or _brief(sentence, spoken)):
        return Kind.QUESTION
    return Kind.STATEMENT


def _brief(sentence: str, spoken: list[str]) -> bool:
    return len(spoken) <= _UNSURE_WORDS and "," not in sentence
