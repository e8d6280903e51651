"""Persona, memories and recent turns as one prompt, within a token budget.

Pure. Memories are quoted as data: on one line each, with who and when, and nothing in them can end the quotation, speak
as the system, or pass for somebody else.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from bot.history import cost, elide, fit, merge
from bot.i18n import say
from bot.model import Prompt
from bot.models.rendering import defused, speaker_label
from memory.records import Account, Author, Hit, Memory, Role, Turn, TurnId

MEMORY_SHARE = 0.4  # of what persona and answer leave, kept for memories while there are turns to fill the rest
MEMORY_TOKENS = 300  # the longest one; more would push several others out
SPARE_TOKENS = 32  # what a template adds around the whole

_STRANGER = Account(platform="", user_id="")
_TAG = re.compile(r"<(?=[^\s<>=\d])|(?<=[^\s<>=-])>")  # `a < b` and `a -> b` are no tags
_LABEL = re.compile(r"\[([^\[\]]{0,80}#[^\[\]]{1,80})\]")
_QUOTES = str.maketrans({"«": "“", "»": "”"})
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def build(
    *,
    persona: str,
    turns: Sequence[Turn],
    hits: Sequence[Hit],
    now: datetime,
    timezone: tzinfo,
    language: str,
    context_tokens: int,
    answer_tokens: int,
    count: Callable[[str], int],
    asker: Author | None,
    group: bool,
    name: str = "Martín",
) -> Prompt:
    """The prompt for the last of `turns` (oldest first), of at most `context_tokens` less `answer_tokens`.

    Turns have the first call on the room, since a question is understood from what stands before it; `MEMORY_SHARE` is
    kept for memories. A memory that is among the turns is not quoted again. `Prompt.memories` are the hits, best first,
    that the model gets to see, as quotation or as turn.
    """
    about = _about(persona, name=name, language=language, now=now.astimezone(timezone), asker=asker, group=group)
    caution = say(language, "prompt-memories")
    room = context_tokens - answer_tokens - SPARE_TOKENS - count(about) - (count(caution) if hits else 0)

    lines = {
        each.id: _quoted(each, name=name, language=language, timezone=timezone, count=count) for each in _told(hits)
    }
    sizes = {each: count(line) + 1 for each, line in lines.items()}
    latest = cost(turns[-1], count=count) if turns else 0
    share = max(0, min(sum(sizes.values()), int(room * MEMORY_SHARE), room - latest))
    shown = fit(turns, budget_tokens=room - share, count=count)
    seen = {turn.id for turn in shown if turn.id is not None}
    left = room - sum(cost(turn, count=count) for turn in shown)
    chosen = _choose([hit for hit in hits if hit.memory.id not in seen], seen, sizes, left)
    system = about
    if chosen:
        quoted = "\n".join(lines[each.id] for each in sorted(chosen.values(), key=lambda each: (each.said_at, each.id)))
        system = f"{about}\n\n{caution}\n<memories>\n{quoted}\n</memories>"
    return Prompt(
        system=system,
        turns=merge(shown),
        memories=[hit for hit in hits if hit.memory.id in seen or hit.memory.id in chosen],
        language=language,
        speaker_labels=group,
    )


def _about(persona: str, *, name: str, language: str, now: datetime, asker: Author | None, group: bool) -> str:
    parts = [persona.strip() or say(language, "prompt-persona", name=name), say(language, "prompt-rules")]
    if group:
        parts.append(say(language, "prompt-group", name=name))
    if asker is not None:
        parts.append(say(language, "prompt-asker", asker=speaker_label(asker)))
    parts.append(say(language, "prompt-now", now=now))  # last of all: what stands before it can stay in a model's cache
    return "\n\n".join(parts)


def _quoted(memory: Memory, *, name: str, language: str, timezone: tzinfo, count: Callable[[str], int]) -> str:
    text = " ".join(elide(memory.text, budget_tokens=MEMORY_TOKENS, count=count).split())
    when = say(language, "prompt-when", when=memory.said_at.astimezone(timezone))
    return f"- {when}, {_speaker(memory, name=name)}: «{_harmless(text)}»"


def _speaker(memory: Memory, *, name: str) -> str:
    if memory.role is Role.ASSISTANT:
        return name
    label = speaker_label(Author(account=_STRANGER, name=memory.speaker, person=memory.person))
    return label if memory.person is not None else f"{label.partition('#')[0]}#?]"  # no name holds a #


def _harmless(text: str) -> str:
    """`text` without what ends a quotation, opens a tag, names a speaker, or cannot be seen."""
    text = _UNSEEN.sub("", text).translate(_QUOTES)
    return defused(_TAG.sub(lambda found: "‹" if found[0] == "<" else "›", _LABEL.sub(r"(\1)", text)))


def _told(hits: Iterable[Hit]) -> Iterable[Memory]:
    """Every memory in `hits` once, neighbours too."""
    return {each.id: each for hit in hits for each in (hit.memory, *hit.neighbours)}.values()


def _choose(
    hits: Iterable[Hit], seen: Collection[TurnId], sizes: Mapping[TurnId, int], room: int
) -> dict[TurnId, Memory]:
    """The memories to quote: best hits first, each with its neighbours if there is room, else alone, else not."""
    chosen: dict[TurnId, Memory] = {}
    for hit in hits:
        for group in ((hit.memory, *hit.neighbours), (hit.memory,)):
            new = {each.id: each for each in group if each.id not in seen and each.id not in chosen}
            size = sum(sizes[each] for each in new)
            if size <= room:
                chosen |= new
                room -= size
                break
    return chosen
