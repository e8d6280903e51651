"""Which turns of a conversation fit into a prompt.

Pure. Oldest turns go first; the last one, which is to be answered, never goes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from memory.records import Role, Turn

TURN_TOKENS = 8  # what a chat template adds to a turn: role, separators
IMAGE_TOKENS = 800  # no server tells beforehand; models in use take 256 to 1,500
ELISION = "\n[…]\n"

Count = Callable[[str], int]  # tokens in a text


def cost(turn: Turn, *, count: Count) -> int:
    """Tokens that `turn` takes of a prompt."""
    return count(turn.text) + TURN_TOKENS + IMAGE_TOKENS * len(turn.images)


def fit(turns: Sequence[Turn], *, budget_tokens: int, count: Count) -> list[Turn]:
    """The newest of `turns` (oldest first) that fit into `budget_tokens`, beginning with a person's.

    If the last turn is too long by itself, its middle gives way to `ELISION`.
    """
    if not turns:
        return []
    *earlier, last = turns
    left = budget_tokens - cost(last, count=count)
    if left < 0:
        room = budget_tokens - cost(replace(last, text=""), count=count)
        return [replace(last, text=elide(last.text, budget_tokens=room, count=count))]
    kept = [last]
    for turn in reversed(earlier):
        left -= cost(turn, count=count)
        if left < 0:
            break
        kept.append(turn)
    kept.reverse()
    while kept[0].role is Role.ASSISTANT and len(kept) > 1:
        del kept[0]
    return kept


def merge(turns: Sequence[Turn]) -> list[Turn]:
    """`turns` with what one speaker said in a row as one; it keeps the last one's id and time."""
    merged: list[Turn] = []
    for turn in turns:
        before = merged[-1] if merged else None
        if before is not None and before.role is turn.role and _same_speaker(before, turn):
            text = "\n".join(filter(None, (before.text, turn.text)))
            merged[-1] = replace(turn, text=text, images=before.images + turn.images)
        else:
            merged.append(turn)
    return merged


def elide(text: str, *, budget_tokens: int, count: Count) -> str:
    """`text` within `budget_tokens`: its beginning and its end, with `ELISION` between them.

    However small the budget, a few characters stay: a question cut short can still be asked about. Never longer than
    `text`.
    """
    if count(text) <= budget_tokens:
        return text
    least, most = 16, max(16, len(text) - 1)
    while least < most:  # how many characters may stay
        half = (least + most + 1) // 2
        least, most = (half, most) if count(_without_middle(text, half)) <= budget_tokens else (least, half - 1)
    shorter = _without_middle(text, least)
    return shorter if count(shorter) < count(text) else text


def _without_middle(text: str, stay: int) -> str:
    if stay >= len(text):
        return text
    tail = stay // 2  # instructions stand before a pasted text or after it
    return text[: stay - tail] + ELISION + text[len(text) - tail :]


def _same_speaker(one: Turn, other: Turn) -> bool:
    return (one.author and one.author.account) == (other.author and other.author.account)
