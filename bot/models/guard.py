"""What every streamed answer owes its reader: in time, not empty, not endless.

Knows no provider: it is put around the pieces that a provider's module reads.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from bot.errors import ModelEmpty, ModelTimeout
from bot.model import Limits


async def guarded(pieces: AsyncGenerator[str], *, limits: Limits, name: str) -> AsyncGenerator[str]:
    """Yield the visible text of `pieces` within `limits`; close `pieces` however it ends.

    An empty piece shows nothing and is a sign of life: a model that thinks where nobody sees it is not late. Only the
    time spent waiting for the model counts, never the reader's own. White space before the first word is dropped. A
    server that ignores `max_tokens` is cut off there, a piece being at least a token.

    Raises:
        ModelTimeout: no first piece, no next one, or no end in time.
        ModelEmpty: it ended without a word.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.total.total_seconds()
    started = False
    shown = 0
    try:
        while shown < limits.max_tokens:
            patience = limits.between_tokens if started else limits.first_token
            until = min(loop.time() + patience.total_seconds(), deadline)
            try:
                async with asyncio.timeout_at(until):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                break
            except TimeoutError as error:
                raise _late(name, limits=limits, started=started, over=until >= deadline) from error
            started = True
            if not shown:
                piece = piece.lstrip()
            if piece:
                shown += 1
                yield piece
    finally:
        await pieces.aclose()
    if not shown:
        raise ModelEmpty(f"{name} ended without a word.", hint="Ask again, or choose another model with '/model'.")


def _late(name: str, *, limits: Limits, started: bool, over: bool) -> ModelTimeout:
    if over:
        return ModelTimeout(
            f"{name} was not done after {_seconds(limits.total)}.", hint="Ask for something shorter, or a faster model."
        )
    if started:
        return ModelTimeout(
            f"{name} fell silent for {_seconds(limits.between_tokens)} in the middle of its answer.",
            hint="The machine may be short of memory; a smaller model may fit.",
        )
    return ModelTimeout(
        f"{name} gave no first word within {_seconds(limits.first_token)}.",
        hint="A large model may still be loading; ask again, or choose a smaller one.",
    )


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"
