"""Words of Spanish and English as search sees them: folded, stemmed, without the words that carry nothing.

Both languages live in one index. A memory is stemmed in the language it is written in (both where that cannot be told);
a question is stemmed in both, and either stem finds. So a name, a missing accent or a question in the other language
does not hide a memory. Knows no store and no ranking.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # it has none

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LONGEST = 40  # a longer "word" is a key or a URL: found by its beginning


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPANISH_ONLY = _listed(
    """
    el la los las un una unos unas lo al del de que en y e o u pero mas sino porque pues aunque si ni con sin por para
    segun entre hacia hasta desde sobre tras se le les te os nos mi mis tu tus su sus nuestro nuestra nuestros nuestras
    vuestro vuestra mio mia mios mias tuyo tuya suyo suya yo ella ello ellos ellas usted ustedes nosotros nosotras
    vosotros vosotras ti conmigo contigo este esta estos estas ese esa esos esas aquel aquella aquellos aquellas esto
    eso aquello quien quienes cual cuales cuando cuanto cuanta cuantos cuantas donde adonde como cuyo cuya algun alguno
    alguna algunos algunas ningun ninguno ninguna nada nadie algo alguien todo toda todos todas otro otra otros otras
    mismo misma mismos mismas cada muy mucho mucha muchos muchas poco poca pocos pocas tan tanto tanta tantos tantas
    tambien tampoco ya aun todavia ahora entonces luego despues antes siempre nunca jamas asi aqui ahi alli aca alla
    soy eres es somos sois son era eras eramos eran fui fuiste fue fuimos fueron sera seran seria sido siendo ser estoy
    estas estamos estan estaba estabas estaban estuve estuvo estuvieron estar estado he has ha hemos habeis han habia
    habian haber hay hubo haya hayan habra tengo tienes tiene tenemos tienen tenia tenian tuve tuvo tener hago haces
    hace hacemos hacen hacia hice hizo hacer puedo puedes puede podemos pueden podia poder quiero quieres quiere querer
    voy vas va vamos van iba iban ir dime dijo dijiste dije decir sabes sabe cosa cosas vez veces tipo
    """
)
_ENGLISH_ONLY = _listed(
    """
    the an and or but if then than because as while of at by for with about against between into through during before
    after above below to from up down in out on off over under again further once here there when where why how which
    who whom whose what this that these those i me my myself we our ours ourselves you your yours yourself yourselves he
    him his himself she her hers herself it its itself they them their theirs themselves am is are was were be been
    being have has had having do does did doing done would should could can will shall may might must ought cannot not
    nor only own same so too very just also both each few more most other some such any all every either neither none
    something anything nothing everything someone anyone everyone somebody anybody everybody one ones many much lot lots
    ever never always sometimes often usually already yet still now get gets got getting gotten go goes went going gone
    make makes made making take takes took taken taking say says said saying tell tells told know knows knew known think
    thinks thought like likes liked want wants wanted let us really quite well oh hey hi yeah yes ok okay thing things
    way kind sort type mention mentioned mentions etc i'm i've i'd i'll it's that's what's he's she's they're we're
    you're don't didn't doesn't isn't wasn't aren't weren't can't couldn't won't wouldn't haven't hasn't hadn't there's
    let's who's
    """
)
_EITHER = frozenset({"a", "no", "me", "has", "he", "son", "as", "so", "ok", "s", "t", "m", "d", "ll", "ve", "re"})
_STOP = _SPANISH_ONLY | _ENGLISH_ONLY | _EITHER

_stem_spanish = snowballstemmer.stemmer("spanish")
_stem_english = snowballstemmer.stemmer("english")


def folded(text: str) -> str:
    """Lower case, without accents: `Cádiz` and `cadiz` are one word. The ñ stays a letter of its own (año, ano)."""
    kept = unicodedata.normalize("NFKC", text).casefold().replace("ñ", "\0")
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", kept) if not unicodedata.combining(mark))
    return bare.casefold().replace("\0", "ñ")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, accents kept, apostrophes straight."""
    return [word[:_LONGEST].replace("’", "'") for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def language_of(text: str) -> str:
    """`es`, `en`, or empty where the little words do not say."""
    spanish = english = 0
    for word in words(text):
        bare = folded(word)
        if bare in _EITHER:
            continue
        spanish += bare in _SPANISH_ONLY
        english += bare in _ENGLISH_ONLY
    if spanish == english:
        return ""
    return "es" if spanish > english else "en"


@lru_cache(maxsize=65_536)
def _english(word: str) -> str:
    return folded(str(_stem_english.stemWord(word)))


@lru_cache(maxsize=65_536)
def _spanish(word: str) -> tuple[str, ...]:
    """With its accents, and as somebody in a hurry types it: comió, comio."""
    return tuple(dict.fromkeys((folded(str(_stem_spanish.stemWord(word))), str(_stem_spanish.stemWord(folded(word))))))


def _bearing(text: str) -> list[str]:
    kept = []
    for word in words(text):
        bare = folded(word)
        if bare in _STOP:
            continue
        kept.append(word.removesuffix("'s"))
    return kept


def stems(text: str) -> list[str]:
    """What `text` is found by, in order, repeated as often as it is said."""
    language = language_of(text)
    found: list[str] = []
    for word in _bearing(text):
        if language == "en":
            found.append(_english(word))
        elif language == "es":
            found.extend(_spanish(word))
        else:
            found.extend(dict.fromkeys((*_spanish(word), _english(word))))
    return found


def asked(question: str) -> tuple[tuple[str, ...], ...]:
    """What `question` looks for: one group a word, each holding the stems that would all satisfy it."""
    groups: dict[str, tuple[str, ...]] = {}
    for word in _bearing(question):
        stem = _english(word)
        groups.setdefault(stem, tuple(dict.fromkeys((stem, *_spanish(word)))))
    return tuple(groups.values())


def is_question(text: str) -> bool:
    """Whether it asks more than it tells: its last sentence is a question."""
    return text.rstrip(" \t\n\"'”’)*_").endswith("?")


def flat(groups: Sequence[Sequence[str]]) -> list[str]:
    """Every stem of every group, once."""
    return list(dict.fromkeys(stem for group in groups for stem in group))
