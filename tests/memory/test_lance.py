"""What only the store on disk must keep: files, fragments, versions, other processes."""

import asyncio
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from memory.hashing import HashingEmbedder
from memory.lance import LanceStore, table, upkeep
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.store import MemoryStoreError, StoreMismatch

EMBEDDER = HashingEmbedder(16)
ANA = Scope.person(PersonId(1))


def memory(number: int, text: str, scope: Scope = ANA) -> Memory:
    return Memory(
        id=TurnId(number),
        scope=scope,
        conversation=ConversationId(1),
        role=Role.USER,
        speaker="Ana",
        person=PersonId(1),
        text=text,
        said_at=datetime(2026, 5, 20, 12, number % 60, tzinfo=UTC),
    )


async def add(store: LanceStore, *memories: Memory) -> None:
    await store.add(memories, await EMBEDDER.embed([one.text for one in memories]))


async def found(store: LanceStore, about: str, scope: Scope = ANA) -> list[int]:
    vector = (await EMBEDDER.embed([about]))[0]
    return (await store.shelf(scope=scope, vector=vector, stems=about.split())).ids.tolist()


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def files_holding(folder: Path, text: str) -> list[Path]:
    return [path for path in files(folder) if text.encode() in path.read_bytes()]


async def test_memories_are_there_after_a_restart(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        await add(store, memory(1, "uno"))
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        assert await found(store, "uno") == [1]


async def test_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "memories"
    async with LanceStore.open(str(folder), embedder="hashing") as store:
        await store.ready()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_vectors_of_another_model_are_refused_by_name(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        await add(store, memory(1, "uno"))
    async with LanceStore.open(str(tmp_path), embedder="another") as store:
        with pytest.raises(StoreMismatch, match="'hashing', not 'another'") as refused:
            await store.ready()
        assert "embedding.model" in refused.value.hint
        with pytest.raises(StoreMismatch):
            await found(store, "uno")


async def test_what_is_forgotten_leaves_the_disk_and_its_neighbours_stay(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        await add(store, *(memory(number, f"secreto-{number}-fin") for number in range(1, 101)))
        assert files_holding(tmp_path, "secreto-5-fin")
        before = files(tmp_path / "memories.lance" / "data")
        assert await store.delete(ids=[TurnId(5)]) == 1  # 1 %: too few for LanceDB's own compaction to rewrite
        await store.purge()
        assert files_holding(tmp_path, "secreto-5-fin") == []
        assert not before & files(tmp_path)
        assert await found(store, "nada") == [number for number in range(1, 101) if number != 5]


async def test_words_of_what_is_forgotten_leave_the_word_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "INDEX_AFTER", 10)
    monkeypatch.setattr(table, "TIDY_AFTER", 1)
    async with LanceStore.open(str(tmp_path), embedder="hashing", large=10) as store:
        await add(store, *(memory(number, f"zanahoria{number}") for number in range(1, 41)))
        await store.tidy()
        before = files(tmp_path / "memories.lance" / "_indices")
        await store.delete(ids=[TurnId(7)])
        await store.purge()
        assert files_holding(tmp_path, "zanahoria7") == []
        words = {path.parent for path in before if path.name.startswith("part")}  # compressed: not to be searched
        assert words
        assert not words & {path.parent for path in files(tmp_path / "memories.lance" / "_indices")}
        assert 8 in await found(store, "zanahoria8")


async def test_single_additions_leave_few_fragments_and_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "TIDY_AFTER", 10)
    monkeypatch.setattr(table, "KEPT_VERSIONS", timedelta(milliseconds=1))
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        for number in range(1, 101):
            await add(store, memory(number, f"suelto {number}"))
            await store.tidy()
        assert await found(store, "suelto") == list(range(1, 101))
    assert len(files(tmp_path / "memories.lance" / "data")) <= 12
    assert len(files(tmp_path / "memories.lance" / "_versions")) <= 14


async def test_killed_while_writing_it_opens_again_and_doubles_nothing(tmp_path: Path) -> None:
    for round_ in range(3):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(3 + round_):
            await writer.stdout.readline()
        writer.kill()
        await writer.communicate()
        async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
            there = await found(store, "x")
            assert there == list(range(1, len(there) + 1))
            assert len(there) >= 3 + round_
            assert (await store.ids()).tolist() == there


# Adds the same rows from the beginning each time it is started, and tells of each once it is there.
WRITER = """
import asyncio, sys
from tests.memory.test_lance import LanceStore, add, memory

async def main():
    async with LanceStore.open(sys.argv[1], embedder="hashing") as store:
        for number in range(1, 10_000):
            await add(store, memory(number, f"x {number}"))
            await store.tidy()
            print(number, flush=True)

asyncio.run(main())
"""


async def test_large_scope_shows_what_is_near_by_meaning_or_words_with_what_stood_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "CANDIDATES", 3)
    monkeypatch.setattr(upkeep, "INDEX_AFTER", 10)
    monkeypatch.setattr(table, "TIDY_AFTER", 1)
    async with LanceStore.open(str(tmp_path), embedder="hashing", large=50) as store:
        turns = [memory(number, "el tiempo está nublado" if number != 40 else "la tortuga") for number in range(1, 81)]
        await add(store, *turns)
        await store.tidy()
        candidates = await found(store, "tortug")
    assert {39, 40, 41} <= set(candidates)
    assert len(candidates) <= 3 * 2 * table.CANDIDATES


async def test_what_another_process_adds_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LOOK_AGAIN", 0.0)
    async with (
        LanceStore.open(str(tmp_path), embedder="hashing") as store,
        LanceStore.open(str(tmp_path), embedder="hashing") as other,
    ):
        await add(store, memory(1, "uno"))
        assert await found(store, "uno") == [1]
        await other.ready()
        await add(other, memory(2, "dos"))
        assert await found(store, "uno") == [1, 2]


async def test_cache_is_bounded(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path), embedder="hashing", cache_bytes=1) as store:
        scopes = [Scope.person(PersonId(person)) for person in range(1, 6)]
        await add(store, *(memory(number, "hola", scope) for number, scope in enumerate(scopes, start=1)))
        for scope in scopes:
            assert len(await found(store, "hola", scope)) == 1
        assert len(store._cache) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_folder_that_cannot_be_written_is_our_error(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path / "memories"), embedder="hashing") as store:
        await store.ready()
        (tmp_path / "memories").chmod(0o500)
        with pytest.raises(MemoryStoreError):
            await add(store, memory(1, "uno"))


async def test_broken_text_is_stored_as_far_as_it_can_be(tmp_path: Path) -> None:
    async with LanceStore.open(str(tmp_path), embedder="hashing") as store:
        await store.add([memory(1, "medio \ud83d par")], np.ones((1, 16), np.float32) / 4)
        assert await found(store, "medio") == [1]
