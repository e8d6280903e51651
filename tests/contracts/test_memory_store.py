"""What every memory store keeps, whichever it is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.hashing import HashingEmbedder
from memory.inmemory import InMemoryStore
from memory.lance import LanceStore
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.shelf import Shelf
from memory.store import MemoryStore, StoreMismatch

EMBEDDER = HashingEmbedder(16)
ANA, BEA = Scope.person(PersonId(1)), Scope.person(PersonId(2))
NOON = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def memory(number: int, scope: Scope = ANA, text: str = "", *, person: int | None = 1, conversation: int = 1) -> Memory:
    return Memory(
        id=TurnId(number),
        scope=scope,
        conversation=ConversationId(conversation),
        role=Role.USER,
        speaker="Ana",
        person=None if person is None else PersonId(person),
        text=text or f"recuerdo {number}",
        said_at=NOON + timedelta(minutes=number),
        session="s1",
    )


async def add(store: MemoryStore, *memories: Memory) -> None:
    await store.add(memories, await EMBEDDER.embed([one.text for one in memories]))


async def everything(store: MemoryStore, scope: Scope, about: str = "recuerdo") -> Shelf:
    return await store.shelf(scope=scope, vector=(await EMBEDDER.embed([about]))[0], stems=["recuerd"])


async def ids_of(store: MemoryStore, scope: Scope) -> list[int]:
    return (await everything(store, scope)).ids.tolist()


@pytest.fixture(params=["inmemory", "lance", "lance, every scope large"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryStore]:
    if request.param == "inmemory":
        yield InMemoryStore()
        return
    large = 0 if "large" in request.param else 20_000
    async with LanceStore.open(str(tmp_path / "memories"), embedder="hashing", large=large) as opened:
        yield opened


async def test_memory_comes_back_as_it_was_put(store: MemoryStore) -> None:
    put = memory(7, Scope.place("telegram", "-100'; --"), "El perro de «Íñigo» 🐕", person=None)
    await add(store, put)
    assert list(await everything(store, put.scope)) == [put]


async def test_empty_store_answers_with_nothing(store: MemoryStore) -> None:
    assert await ids_of(store, ANA) == []
    assert await store.count(scope=ANA) == 0
    assert await store.names(scope=ANA) == ()
    assert (await store.ids()).tolist() == []


async def test_rows_stand_in_the_order_of_their_conversation(store: MemoryStore) -> None:
    await add(store, memory(3), memory(1), memory(2, conversation=9), memory(4))
    assert await ids_of(store, ANA) == [1, 3, 4, 2]


async def test_one_scope_never_shows_another(store: MemoryStore) -> None:
    await add(store, memory(1, ANA), memory(2, BEA))
    assert await ids_of(store, ANA) == [1]
    assert await ids_of(store, BEA) == [2]
    assert await store.count(scope=BEA) == 1


@pytest.mark.parametrize("nobody", [None, "", "person:1", "%", 1, ()])
async def test_call_without_a_scope_reads_nothing(store: MemoryStore, nobody: object) -> None:
    await add(store, memory(1))
    with pytest.raises(TypeError):
        await everything(store, nobody)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await store.count(scope=nobody)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await store.names(scope=nobody)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await store.count()  # type: ignore[call-arg]


async def test_adding_twice_adds_once(store: MemoryStore) -> None:
    await add(store, memory(1), memory(2))
    await add(store, memory(2), memory(3), memory(3))
    assert await ids_of(store, ANA) == [1, 2, 3]
    assert await store.count(scope=ANA) == 3


async def test_writes_at_the_same_time_lose_and_double_nothing(store: MemoryStore) -> None:
    await asyncio.gather(*(add(store, memory(number), memory(number + 1)) for number in range(1, 30)))
    assert await ids_of(store, ANA) == list(range(1, 31))
    assert (await store.ids()).tolist() == list(range(1, 31))


async def test_what_is_added_after_a_question_is_found_by_the_next(store: MemoryStore) -> None:
    await add(store, memory(1))
    assert await ids_of(store, ANA) == [1]
    await add(store, memory(2), memory(3, BEA))
    assert await ids_of(store, ANA) == [1, 2]


async def test_forgetting_by_id_person_and_scope(store: MemoryStore) -> None:
    group = Scope.place("telegram", "-1")
    await add(
        store, *(memory(number, ANA) for number in (1, 2)), memory(3, group, person=1), memory(4, group, person=2)
    )
    await add(store, memory(5, BEA, person=2))
    assert await store.delete(ids=[TurnId(2), TurnId(99)]) == 1
    assert await ids_of(store, ANA) == [1]
    assert await store.delete(person=PersonId(1)) == 2
    assert await ids_of(store, group) == [4]
    assert await store.delete(scope=BEA) == 1
    await store.purge()
    assert (await store.ids()).tolist() == [4]
    assert await store.delete() == 0


async def test_deleting_without_saying_what_deletes_nothing(store: MemoryStore) -> None:
    await add(store, memory(1, person=None))
    assert await store.delete(ids=[], person=None, scope=None) == 0
    assert await ids_of(store, ANA) == [1]


async def test_vectors_of_another_length_are_refused(store: MemoryStore) -> None:
    await add(store, memory(1))
    with pytest.raises(StoreMismatch):
        await store.add([memory(2)], np.ones((1, 8), np.float32))


async def test_names_are_those_of_who_spoke_there(store: MemoryStore) -> None:
    await add(store, memory(1), memory(2), memory(3, BEA))
    assert list(await store.names(scope=ANA)) == ["Ana"]


hostile = st.text(st.sampled_from("ab'\"\\%_*;-/ ()=\n\0é🐕"), min_size=1, max_size=12).filter(
    lambda key: key.strip() == key
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(hostile, min_size=2, max_size=3), text=st.text(max_size=30))
async def test_no_chat_id_breaks_out_of_its_scope(store: MemoryStore, keys: set[str], text: str) -> None:
    await store.delete(ids=[TurnId(int(turn)) for turn in await store.ids()])
    scopes = [Scope.place("telegram", key) for key in sorted(keys)]
    await add(store, *(memory(number, scope, text or "x") for number, scope in enumerate(scopes, start=1)))
    for number, scope in enumerate(scopes, start=1):
        assert await ids_of(store, scope) == [number]
    assert await store.delete(scope=scopes[0]) == 1
    assert await ids_of(store, scopes[1]) == [2]
