"""An embedder without a model: the fake that ships with the port.

Each stem is a fixed pseudo-random direction and a text their sum, so that texts sharing words are near each other.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from memory.language import stems


class HashingEmbedder:
    """Deterministic, instant, monolingual in meaning."""

    def __init__(self, dimension: int = 64, *, name: str = "hashing") -> None:
        self._dimension = dimension
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        del question  # a question is embedded like any text
        return np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self._dimension), np.float32)

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = sum((self._direction(stem) for stem in stems(text)), self._direction(""))
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def _direction(self, stem: str) -> NDArray[np.float64]:
        seed = int.from_bytes(blake2b(stem.encode(), digest_size=8).digest())
        direction = np.random.default_rng(seed).standard_normal(self._dimension)
        return direction if stem else direction * 0.1  # no text is the zero vector
