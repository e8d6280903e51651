"""Which turn answers which, where the file does not say.

Pure. A chat of two has no reply links since it needs none: what one says right after the other is the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from adapters.imports.source import Item
from memory.importing import ImportedTurn

STILL_TALKING = timedelta(hours=1)  # a longer silence starts something new


def answers(turn: ImportedTurn, previous: ImportedTurn | None) -> bool:
    """Whether `turn` answers the turn right before it."""
    return (
        previous is not None
        and turn.conversation == previous.conversation
        and turn.conversation.direct
        and (turn.speaker, turn.role) != (previous.speaker, previous.role)
        and turn.session == previous.session
        and timedelta() <= turn.said_at - previous.said_at <= STILL_TALKING
    )


def linked(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, those turns linked that name no answered turn themselves and answer the one before."""
    previous: ImportedTurn | None = None
    for item in items:
        if not isinstance(item, ImportedTurn):
            yield item
            continue
        turn = item
        if previous is not None and not turn.answers and answers(turn, previous):
            turn = replace(turn, answers=(previous.external_id,))
        previous = turn
        yield turn
