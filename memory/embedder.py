"""Text to vectors, off the event loop: questions asked at the same time share a batch, a repeated text costs nothing.

Knows no model: an `Encoder` is loaded and called on a few worker threads, each busy with a batch of its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import structlog
from cachetools import LRUCache
from numpy.typing import NDArray

from memory.encoder import EmbedderUnavailable, Encoder, SentenceEncoder

_log = structlog.get_logger()

BATCH_TEXTS = 64
BATCH_CHARACTERS = 16_384  # of the padded batch: its longest text times its texts
CACHED = 4_096  # vectors, 1.5 KB each
URGENT = 4  # a request of at most so many texts overtakes an import's thousands
MOST_WORKERS = 4
LONGEST = 4_096  # characters; these models read a few hundred words at most


class Embedder(Protocol):
    """What recall and the indexer ask."""

    @property
    def name(self) -> str: ...

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """One row a text, (len(texts), dimension), L2-normalised. `question`: these ask, others are to be found.

        Raises:
            EmbedderUnavailable: the model cannot be loaded.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something to embed. Equal texts are embedded once."""

    text: str
    question: bool


class BatchingEmbedder:
    """One encoder, shared by everybody. `open` returns at once and loads the model behind it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cache: LRUCache[Text, NDArray[np.float32]] = LRUCache(CACHED)
        self._awaited: dict[Text, asyncio.Future[NDArray[np.float32]]] = {}
        self._urgent: dict[Text, None] = {}  # in order of arrival
        self._patient: dict[Text, None] = {}
        self._arrived = asyncio.Event()
        self._dimension: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, name: str = "bundled", *, load: Callable[[str], Encoder] = SentenceEncoder
    ) -> AsyncIterator["BatchingEmbedder"]:
        """An embedder that can be asked, though its model may still be loading. `name` as in `SentenceEncoder`."""
        embedder = cls(name)
        workers = min(os.cpu_count() or 1, MOST_WORKERS)
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="embedder") as threads:
            running = asyncio.create_task(embedder._run(threads, workers, partial(load, name)), name="embedder")
            try:
                yield embedder
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""
        return self._dimension.done() and self._dimension.exception() is None

    async def ready(self) -> int:
        """Wait until the model is loaded, and return its dimension.

        Raises:
            EmbedderUnavailable: it cannot be.
        """
        return await asyncio.shield(self._dimension)

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        if self._dimension.done():
            self._dimension.result()  # raises if the model could not be loaded
        wanted = [Text(text=text[:LONGEST], question=question) for text in texts]
        found = {text: self._cache[text] for text in wanted if text in self._cache}
        missing = {text: self._ask(text, urgent=len(texts) <= URGENT) for text in wanted if text not in found}
        if missing:
            await asyncio.wait(missing.values())
        found |= {text: future.result() for text, future in missing.items()}
        return np.stack([found[text] for text in wanted]) if wanted else np.zeros((0, await self.ready()), np.float32)

    def _ask(self, text: Text, *, urgent: bool) -> asyncio.Future[NDArray[np.float32]]:
        future = self._awaited.get(text)
        if future is None:
            future = self._awaited[text] = asyncio.get_running_loop().create_future()
            (self._urgent if urgent else self._patient)[text] = None
            self._arrived.set()
        elif urgent and text in self._patient:
            del self._patient[text]
            self._urgent[text] = None
        return future

    async def _run(self, threads: ThreadPoolExecutor, workers: int, load: Callable[[], Encoder]) -> None:
        try:
            encoder = await asyncio.get_running_loop().run_in_executor(threads, load)
        except EmbedderUnavailable as error:
            _log.error("embedder.unavailable", model=self._name, reason=str(error))
            _refuse(self._dimension, error)
            for text in tuple(self._awaited):
                _refuse(self._awaited.pop(text), error)
            return
        self._dimension.set_result(encoder.dimension)
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(threads, encoder))

    async def _work(self, threads: ThreadPoolExecutor, encoder: Encoder) -> None:
        while True:
            await self._arrived.wait()
            queue = self._urgent or self._patient
            batch = next_batch(tuple(queue))
            if not batch:
                self._arrived.clear()
                continue
            for text in batch:
                del queue[text]
            encode = partial(encoder.encode, [text.text for text in batch], question=batch[0].question)
            try:
                vectors = await asyncio.get_running_loop().run_in_executor(threads, encode)
            except (RuntimeError, MemoryError) as error:  # torch's own, for want of memory above all
                _log.error("embedder.failed", model=self._name, texts=len(batch), reason=str(error))
                broken = EmbedderUnavailable(f"The embedding model failed: {error}.", hint="Is there memory left?")
                for text in batch:
                    _refuse(self._awaited.pop(text), broken)
                continue
            for text, vector in zip(batch, vectors, strict=True):
                self._cache[text] = vector
                self._awaited.pop(text).set_result(vector)


def _refuse(future: "asyncio.Future[NDArray[np.float32]] | asyncio.Future[int]", error: EmbedderUnavailable) -> None:
    future.set_exception(error)
    future.exception()  # whoever waited may have gone: then nobody need look at it


def next_batch(queue: Sequence[Text]) -> Sequence[Text]:
    """What to encode next: of the same kind as the first, of like length, the longest first. A batch is padded to its
    longest text, so texts of like length waste least.
    """
    if not queue:
        return ()
    alike = sorted((text for text in queue if text.question is queue[0].question), key=lambda text: -len(text.text))
    fitting = BATCH_CHARACTERS // max(len(alike[0].text), 1)
    return alike[: max(1, min(BATCH_TEXTS, fitting))]
