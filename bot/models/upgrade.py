"""A newer version of the same Ollama model: pulled, tried, and the old one put back if it fails."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from bot.errors import ModelBroken, ModelError
from bot.model import Progress
from bot.models.ollama_shelf import OllamaShelf, missing, tagged

_SUFFIX = "-martin-previous"


def previous(name: str) -> str:
    """The second tag under which the old version is kept meanwhile."""
    return f"{tagged(name)}{_SUFFIX}"


async def upgraded(
    shelf: OllamaShelf,
    name: str,
    *,
    serve: Callable[[str], Awaitable[None]],
    attempt: Callable[[str], Awaitable[None]],
) -> AsyncGenerator[Progress]:
    """Make `name` its newest version. Until that has been tried, `serve(previous(name))` keeps the old one answering.

    Pulling replaces what the name stands for, so the old version gets a second name first. It costs no disk: both name
    the same blobs. Closed early, it leaves the old version in place.

    Raises:
        ModelError: it could not be pulled, or failed `attempt`; the old version serves again.
    """
    before = await shelf.find(name)
    if before is None:
        raise missing(name)
    old = previous(name)
    await shelf.copy(name, old)
    accepted = False
    try:
        await serve(old)
        async with aclosing(shelf.pull(name)) as events:
            async for progress in events:
                yield progress
        after = await shelf.find(name)
        if after is not None and after.digest != before.digest:
            yield Progress(status="trying")
            await attempt(name)
        accepted = True
    except ModelError as error:
        raise ModelBroken(
            f"The newer {name} does not work, the old one serves: {error.message}", hint=error.hint
        ) from error
    finally:
        if not accepted:
            with suppress(ModelError):
                await shelf.copy(old, name)
        await serve(name)
        with suppress(ModelError):
            await shelf.delete(old)
