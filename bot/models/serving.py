"""A model in use, which must not be closed under an answer that it is still giving."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.model import ChatModel


class Serving:
    """A model in use. Retired, it is closed when its last answer has ended."""

    def __init__(self, model: ChatModel, stack: AsyncExitStack) -> None:
        self.model = model
        self._stack = stack
        self._answers = 0
        self._retired = False

    @asynccontextmanager
    async def answering(self) -> AsyncGenerator[ChatModel]:
        self._answers += 1
        try:
            yield self.model
        finally:
            self._answers -= 1
            await self._close_if_done()

    async def retire(self) -> None:
        self._retired = True
        await self._close_if_done()

    async def _close_if_done(self) -> None:
        if self._retired and not self._answers:
            await self._stack.aclose()
