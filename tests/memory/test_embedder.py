"""Batches, the cache and the queue, on an encoder that counts; then the bundled model itself."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.embedder import BATCH_CHARACTERS, BATCH_TEXTS, LONGEST, URGENT, BatchingEmbedder, Text, next_batch
from memory.encoder import EmbedderUnavailable


class Counting:
    """An honest little encoder: one letter, one direction. `gate` holds it back."""

    dimension = 26

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()

    def encode(self, texts: Sequence[str], *, question: bool) -> NDArray[np.float32]:
        self.gate.wait(10)
        self.batches.append(list(texts))
        vectors = np.array([[text.count(chr(97 + letter)) + 0.01 + question for letter in range(26)] for text in texts])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


@pytest.fixture
async def embedder(encoder: Counting) -> AsyncIterator[BatchingEmbedder]:
    async with BatchingEmbedder.open("counting", load=lambda _: encoder) as opened:
        yield opened


async def test_one_row_a_text_in_order_and_of_length_one(embedder: BatchingEmbedder) -> None:
    vectors = await embedder.embed(["abc", "zz", "abc"])
    assert vectors.shape == (3, 26)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], vectors[2])
    assert (await embedder.embed([])).shape == (0, 26)


async def test_repeated_text_costs_nothing(embedder: BatchingEmbedder, encoder: Counting) -> None:
    await embedder.embed(["hola"])
    await embedder.embed(["hola"])
    assert encoder.batches == [["hola"]]


async def test_question_and_memory_of_the_same_words_are_not_the_same(embedder: BatchingEmbedder) -> None:
    assert not np.array_equal(await embedder.embed(["hola"]), await embedder.embed(["hola"], question=True))


async def test_questions_at_the_same_time_share_batches(embedder: BatchingEmbedder, encoder: Counting) -> None:
    await embedder.ready()
    await asyncio.gather(*(embedder.embed([f"pregunta {number}"]) for number in range(50)))
    assert len(encoder.batches) <= 5


async def test_question_overtakes_an_import(embedder: BatchingEmbedder, encoder: Counting) -> None:
    await embedder.ready()
    encoder.gate.clear()
    bulk = asyncio.create_task(embedder.embed([f"turno {number}" for number in range(20 * BATCH_TEXTS)]))
    await asyncio.sleep(0)
    question = asyncio.create_task(embedder.embed(["¿quién?"]))
    await asyncio.sleep(0.01)
    encoder.gate.set()
    await question
    assert not bulk.done()
    assert (await bulk).shape == (20 * BATCH_TEXTS, 26)


async def test_one_who_gives_up_does_not_spoil_it_for_another(embedder: BatchingEmbedder, encoder: Counting) -> None:
    encoder.gate.clear()
    leaving, staying = (asyncio.create_task(embedder.embed(["lo mismo"])) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    encoder.gate.set()
    assert (await staying).shape == (1, 26)


async def test_model_that_cannot_be_loaded_is_said_to_everybody_with_its_mend() -> None:
    async with BatchingEmbedder.open("/nowhere/at/all") as embedder:
        for _ in range(2):
            with pytest.raises(EmbedderUnavailable, match="'/nowhere/at/all'") as refused:
                await embedder.embed(["hola"])
            assert "embedding.model" in refused.value.hint


async def test_batch_that_fails_fails_alone(embedder: BatchingEmbedder, encoder: Counting) -> None:
    encode = encoder.encode

    def once(texts: Sequence[str], *, question: bool) -> NDArray[np.float32]:
        encoder.encode = encode  # type: ignore[method-assign]
        raise RuntimeError("out of memory")

    encoder.encode = once  # type: ignore[method-assign]
    with pytest.raises(EmbedderUnavailable, match="out of memory"):
        await embedder.embed(["hola"])
    assert (await embedder.embed(["hola"])).shape == (1, 26)


async def test_making_it_waits_for_nothing() -> None:
    loading = threading.Event()

    def slow(_: str) -> Counting:
        loading.wait(10)
        return Counting()

    async with BatchingEmbedder.open("slow", load=slow) as embedder:
        waiting = asyncio.create_task(embedder.embed(["hola"]))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        loading.set()
        assert (await waiting).shape == (1, 26)


texts = st.builds(Text, text=st.text(max_size=LONGEST), question=st.booleans())


@given(st.lists(texts, unique=True, max_size=3 * BATCH_TEXTS))
def test_batches_are_within_bounds_and_of_one_kind_and_nobody_waits_for_ever(queue: list[Text]) -> None:
    left = dict.fromkeys(queue)
    while left:
        batch = next_batch(tuple(left))
        assert 1 <= len(batch) <= BATCH_TEXTS
        assert len({text.question for text in batch}) == 1
        assert len(batch) == 1 or max(len(text.text) for text in batch) * len(batch) <= BATCH_CHARACTERS
        for text in batch:
            del left[text]
    assert next_batch(()) == ()
    assert URGENT < BATCH_TEXTS


@pytest.mark.slow
async def test_bundled_model_knows_what_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    async with BatchingEmbedder.open() as embedder:
        assert await embedder.ready() == 384
        dog, puppy, rates = await embedder.embed(
            ["My dog is called Toby", "The name of my puppy", "Interest rates rose"]
        )
        assert dog @ puppy > 0.5 > dog @ rates
        alone = (await embedder.embed(["The name of my puppy "]))[0]
        assert alone @ puppy > 0.999  # whatever it is batched with
