"""How fast and how well memories are found.

    python -m tests.bench.recall           # --full: also a million memories, and 10,000 single additions

Speed: synthetic turns over 200 scopes in LanceDB, questions to scopes at random through `Recall`, embedding included.
Quality: evidence recall and NDCG on LoCoMo's development conversations, where they are there, by the shipped weights,
before the floor. The last line is JSON.
"""

import asyncio
import json
import os
import random
import re
import resource
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from memory.embedder import BatchingEmbedder, Embedder
from memory.lance import LanceStore
from memory.recall import Recall
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from tests.bench.embedding import WORDS

FULL = "--full" in sys.argv or os.environ.get("FULL") == "1"
SIZES = (100_000, 1_000_000) if FULL else (100_000,)
SINGLES = 10_000 if FULL else 300
SCOPES = 200
QUESTIONS = 400
NOW = datetime(2026, 5, 20, tzinfo=UTC)
LOCOMO = Path(__file__).parents[3] / "shared" / "data" / "locomo-dev.json"


def turns(first: int, count: int, chance: random.Random) -> list[Memory]:
    return [
        Memory(
            id=TurnId(number),
            scope=Scope.person(PersonId(1 + number % SCOPES)),
            conversation=ConversationId(1 + number % SCOPES),
            role=Role.USER if number // SCOPES % 2 else Role.ASSISTANT,
            speaker="Ana" if number // SCOPES % 2 else "Martín",
            person=PersonId(1 + number % SCOPES) if number // SCOPES % 2 else None,
            text=" ".join(chance.choices(WORDS, k=18)),
            said_at=NOW - timedelta(minutes=number % 500_000),
        )
        for number in range(first, first + count)
    ]


async def asked(recall: Recall, chance: random.Random, questions: int) -> tuple[list[float], float]:
    walls, cpu = [], time.process_time()
    for number in range(questions):
        scope = Scope.person(PersonId(chance.randint(1, SCOPES)))
        question = f"When did we {chance.choice(WORDS)} the {chance.choice(WORDS)} {number}?"
        began = time.perf_counter()
        await recall.ask(question, scope=scope, asker=None, now=NOW, words=400)
        walls.append((time.perf_counter() - began) * 1e3)
    return walls, (time.process_time() - cpu) * 1e3 / questions


async def speed(embedder: Embedder, size: int) -> dict[str, float]:
    chance, vectors = random.Random(7), np.random.default_rng(7)

    def some(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        drawn = vectors.standard_normal((count, 384), dtype=np.float32)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))

    with tempfile.TemporaryDirectory() as folder:
        async with LanceStore.open(folder, embedder=embedder.name) as store:
            recall = Recall(store, embedder)
            began = time.perf_counter()
            for first in range(1, size, 5_000):
                await store.add(turns(first, 5_000, chance), some(5_000))
                await store.tidy()
            bulk = size / (time.perf_counter() - began)
            await asked(recall, chance, 5)
            cold, _ = await asked(recall, chance, QUESTIONS)
            fresh, cpu = await asked(recall, chance, QUESTIONS)
            began = time.perf_counter()
            for number in range(SINGLES):
                await store.add(turns(size + 1 + number, 1, chance), some(1))
                await store.tidy()
            single = (time.perf_counter() - began) * 1e3 / SINGLES
            after, _ = await asked(recall, chance, QUESTIONS)
    return {
        "added_s": bulk,
        "first_p50_ms": float(np.percentile(cold, 50)),
        "first_p95_ms": float(np.percentile(cold, 95)),
        "p50_ms": float(np.percentile(fresh, 50)),
        "p95_ms": float(np.percentile(fresh, 95)),
        "cpu_ms": cpu,
        "single_add_ms": single,
        "p50_after_singles_ms": float(np.percentile(after, 50)),
    }


async def quality(embedder: Embedder) -> dict[str, float]:
    if not LOCOMO.exists():
        return {}
    found: dict[str, list[float]] = defaultdict(list)
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        async with LanceStore.open(folder, embedder=embedder.name) as store:
            recall = Recall(store, embedder)
            for which, sample in enumerate(json.loads(LOCOMO.read_text(encoding="utf-8")), start=1):
                memories, names = conversation(sample["conversation"], which, number)
                number += len(memories)
                await store.add(memories, await embedder.embed([memory.text for memory in memories]))
                for question in sample["qa"]:
                    said = re.split(r"[;\s]+", " ".join(question.get("evidence") or ()))
                    gold = set(said) & set(names.values())
                    if not gold:
                        continue
                    scope, now = memories[0].scope, memories[-1].said_at
                    hits = await recall.rank(question["question"], scope=scope, asker=None, now=now, limit=20)
                    kind = "adversarial " if question["category"] == 5 else ""
                    order = [names[hit.memory.id] for hit in hits]
                    for depth in (5, 10, 20):
                        found[f"{kind}recall@{depth}"].append(len(gold & set(order[:depth])) / len(gold))
                    gains = sum(1 / np.log2(place + 2) for place, name in enumerate(order[:10]) if name in gold)
                    best = sum(1 / np.log2(place + 2) for place in range(min(10, len(gold))))
                    found[f"{kind}ndcg@10"].append(gains / best)
    return {name: 100 * float(np.mean(values)) for name, values in found.items()}


def conversation(told: dict[str, object], which: int, before: int) -> tuple[list[Memory], dict[TurnId, str]]:
    """LoCoMo's sessions as memories, and what it calls each of them."""
    memories: list[Memory] = []
    names: dict[TurnId, str] = {}
    sessions = sorted((key for key, value in told.items() if isinstance(value, list)), key=lambda key: int(key[8:]))
    for session in sessions:
        when = datetime.strptime(str(told[f"{session}_date_time"]), "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        turns_of: list[dict[str, str]] = told[session]  # type: ignore[assignment]
        for turn in turns_of:
            memory = Memory(
                id=TurnId(before + len(memories) + 1),
                scope=Scope.place("locomo", str(which)),
                conversation=ConversationId(which),
                role=Role.USER,
                speaker=turn["speaker"],
                person=None,
                text=turn["text"],
                said_at=when,
                session=session,
            )
            memories.append(memory)
            names[memory.id] = turn["dia_id"]
    return memories, names


async def measure() -> dict[str, float]:
    figures: dict[str, float] = {}
    async with BatchingEmbedder.open() as embedder:
        await embedder.ready()
        for size in SIZES:
            found = await speed(embedder, size)
            figures |= {f"{size // 1000}k_{name}": value for name, value in found.items()}
        figures |= {f"locomo_{name.replace(' ', '_')}": value for name, value in (await quality(embedder)).items()}
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> None:
    figures = asyncio.run(measure())
    table = Table(title="Recall")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}")
    Console().print(table)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
