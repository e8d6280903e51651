"""Answers without a model: the sentences that were said before and answer the question, with who said them and when.

Invents nothing. What it says of itself comes from Fluent files; everything else is a quotation. It is told apart from a
model by `info.provider == "none"`, and its answers are not worth remembering: they only repeat.
"""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from re import compile as pattern

from bot.i18n import say
from bot.model import Limits, ModelInfo, Prompt
from bot.models.guard import guarded
from bot.models.matching import aptness, asks_own_name, content, coverage
from bot.models.sentences import Kind, kind, split, words
from memory.records import Author, Memory, Role, Turn

_ENOUGH = 0.55  # of what is asked about must be in a sentence for it to answer; half is another question's answer
_NEAR_BEST = 0.85  # sentences this close to the best one are told with it
_MOST_TOLD = 3
_MOST_ABOUT = 5  # when asked what it remembers at all
_LONGEST = 400  # characters of one quotation
_RECALLED_BONUS = 0.1  # for what recall itself ranked first, falling to nothing
_OWN_WORDS_COST = 0.15  # what Martín said counts less than what people told him
_VARIANTS = {"noted": 4, "unknown": 3, "unable": 2}

_PIECE = pattern(r"\s*\S+|\s+$")
_ABOUT_ITSELF = pattern(
    r"\b(?:quien eres|que eres|que puedes hacer|que sabes hacer|para que sirves|como funcionas|who are you|what are you"
    r"|what can you do|how do you work)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One sentence that was said, and how well recall liked the turn that it stands in."""

    text: str
    mine: bool  # Martín said it
    speaker: str
    by_asker: bool
    said_at: datetime
    recalled: float  # 1 for the best hit, 0 for what recall did not rank


class RecollectionModel:
    """A ChatModel that only quotes. Never fails, never waits."""

    info = ModelInfo(provider="none", name="recollection")

    async def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        async for piece in guarded(_pieces(answer(prompt)), limits=limits, name="Memory"):
            yield piece

    def count(self, text: str) -> int:
        return len(_PIECE.findall(text))


async def _pieces(text: str) -> AsyncGenerator[str]:
    for piece in _PIECE.findall(text):
        yield piece


def answer(prompt: Prompt) -> str:
    """What memory alone says to the last turn of `prompt`."""
    turns = prompt.turns
    sentences = split(turns[-1].text) if turns else []
    kinds = {kind(sentence) for sentence in sentences}
    questions = [sentence for sentence in sentences if kind(sentence) is Kind.QUESTION]
    if questions:
        return _told(prompt, questions)
    if Kind.REQUEST in kinds:
        # "Dame el teléfono de Ana" asks for what may well be known.
        return _found(prompt, turns[-1].text) or _lacking(prompt, "unable")
    if Kind.STATEMENT in kinds:
        return _varied(prompt, "noted")
    if Kind.THANKS in kinds:
        return say(prompt.language, "model-thanks")
    if Kind.FAREWELL in kinds:
        return say(prompt.language, "model-farewell")
    if Kind.GREETING in kinds:
        return say(prompt.language, f"model-greeting-{2 if _answered(prompt) else 1}")
    return _lacking(prompt, "unknown")


def _told(prompt: Prompt, questions: list[str]) -> str:
    asked = " ".join(questions)
    if _ABOUT_ITSELF.search(" ".join(words(asked))):
        return _with_how_to(prompt, say(prompt.language, "model-self"))
    if not content(asked) and not asks_own_name(asked) and (known := list(islice(_newest(prompt), _MOST_ABOUT))):
        return _listed(prompt, known, heading="model-about-you")
    found = [part for part in dict.fromkeys(_found(prompt, question) for question in questions) if part]
    return "\n\n".join(found) if found else _lacking(prompt, "unknown")


def _found(prompt: Prompt, question: str) -> str:
    """The quotations that answer `question`, or nothing."""
    scored: list[tuple[float, _Said]] = []
    for said in _statements(prompt):
        covered = coverage(question, said.text, speaker="" if said.by_asker else said.speaker)
        if covered >= _ENOUGH:
            score = (
                covered + aptness(question, said.text) + _RECALLED_BONUS * said.recalled - _OWN_WORDS_COST * said.mine
            )
            scored.append((score, said))
    if not scored:
        return ""
    # Of equals the newest is first: people move, and change their minds.
    scored.sort(key=lambda pair: (pair[0], pair[1].said_at), reverse=True)
    best = scored[0][0]
    told = [said for score, said in scored if score >= best * _NEAR_BEST][:_MOST_TOLD]
    return _quoted(prompt, told[0]) if len(told) == 1 else _listed(prompt, told, heading="model-several")


def _statements(prompt: Prompt) -> Iterator[_Said]:
    """Every sentence of memory and of this conversation that states something, each once, the newest saying of it."""
    seen: dict[str, _Said] = {}
    for said in (*_from_memories(prompt), *_from_turns(prompt)):
        same = " ".join(words(said.text))
        if same not in seen or (seen[same].said_at, seen[same].recalled) < (said.said_at, said.recalled):
            seen[same] = said
    return iter(seen.values())


def _from_memories(prompt: Prompt) -> Iterator[_Said]:
    asker = prompt.turns[-1].author if prompt.turns else None
    best = max((hit.score for hit in prompt.memories), default=0.0)
    for hit in prompt.memories:
        share = hit.score / best if best > 0 else 0.0
        for memory, recalled in ((hit.memory, share), *((neighbour, share / 2) for neighbour in hit.neighbours)):
            for sentence in split(memory.text):
                if kind(sentence) is Kind.STATEMENT:
                    yield _Said(
                        text=sentence,
                        mine=memory.role is Role.ASSISTANT,
                        speaker=memory.speaker,
                        by_asker=_remembered_asker(memory, asker),
                        said_at=memory.said_at,
                        recalled=recalled,
                    )


def _from_turns(prompt: Prompt) -> Iterator[_Said]:
    asker = prompt.turns[-1].author if prompt.turns else None
    for turn in prompt.turns:
        if turn.role is Role.USER:  # what Martín said here without a model was itself a quotation
            for sentence in split(turn.text):
                if kind(sentence) is Kind.STATEMENT:
                    yield _Said(
                        text=sentence,
                        mine=False,
                        speaker=turn.author.name if turn.author else "",
                        by_asker=_same_author(turn, asker),
                        said_at=turn.said_at,
                        recalled=0.0,
                    )


def _newest(prompt: Prompt) -> Iterator[_Said]:
    told = [said for said in _statements(prompt) if not said.mine]
    return iter(sorted(told, key=lambda said: said.said_at, reverse=True))


def _remembered_asker(memory: Memory, asker: Author | None) -> bool:
    if memory.person is not None and asker is not None and asker.person is not None:
        return memory.person == asker.person
    return memory.person is None and asker is not None and bool(memory.speaker) and memory.speaker == asker.name


def _same_author(turn: Turn, asker: Author | None) -> bool:
    if turn.author is None or asker is None:
        return turn.author is asker
    return turn.author.account == asker.account or (
        turn.author.person is not None and turn.author.person == asker.person
    )


def _listed(prompt: Prompt, told: list[_Said], *, heading: str) -> str:
    return "\n".join([say(prompt.language, heading), *(f"- {_quoted(prompt, said)}" for said in told)])


def _quoted(prompt: Prompt, said: _Said) -> str:
    text = said.text if len(said.text) <= _LONGEST else said.text[: _LONGEST - 1].rstrip() + "…"
    when = say(
        prompt.language,
        "model-date",
        day=str(said.said_at.day),
        month=said.said_at.month,
        year=str(said.said_at.year),
    )
    if said.mine:
        return say(prompt.language, "model-i-said", text=text, when=when)
    if said.by_asker or not said.speaker:
        return say(prompt.language, "model-you-said", text=text, when=when)
    return say(prompt.language, "model-who-said", who=said.speaker, text=text, when=when)


def _lacking(prompt: Prompt, what: str) -> str:
    return _with_how_to(prompt, _varied(prompt, what))


def _with_how_to(prompt: Prompt, text: str) -> str:
    """`text`, and how to get a model unless that stands in the conversation already."""
    how_to = say(prompt.language, "model-get-one")
    told = any(turn.role is Role.ASSISTANT and how_to in turn.text for turn in prompt.turns)
    return text if told else f"{text}\n\n{how_to}"


def _varied(prompt: Prompt, what: str) -> str:
    """One of a few wordings, another each turn."""
    number = sum(turn.role is Role.ASSISTANT for turn in prompt.turns) % _VARIANTS[what] + 1
    return say(prompt.language, f"model-{what}-{number}")


def _answered(prompt: Prompt) -> bool:
    return any(turn.role is Role.ASSISTANT for turn in prompt.turns)
