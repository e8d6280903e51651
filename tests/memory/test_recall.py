"""One question to its hits, through the real ranking, over both kinds of store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embedder import BatchingEmbedder
from memory.hashing import HashingEmbedder
from memory.inmemory import InMemoryStore
from memory.recall import Recall, floor, within_budget
from memory.records import Account, Author, ConversationId, Hit, Memory, PersonId, Role, Scope, TurnId

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ANA = Author(account=Account(platform="telegram", user_id="1"), name="Ana", person=PersonId(1))
HERE = Scope.person(PersonId(1))
EMBEDDER = HashingEmbedder(384)


def memory(number: int, text: str, *, speaker: str = "Ana", person: int | None = 1, scope: Scope = HERE) -> Memory:
    return Memory(
        id=TurnId(number),
        scope=scope,
        conversation=ConversationId(1),
        role=Role.USER,
        speaker=speaker,
        person=None if person is None else PersonId(person),
        text=text,
        said_at=NOW - timedelta(days=1, minutes=100 - number),
    )


async def recall_of(*memories: Memory) -> Recall:
    store = InMemoryStore()
    await store.add(memories, await EMBEDDER.embed([one.text for one in memories]))
    return Recall(store, EMBEDDER)


async def texts(recall: Recall, question: str, *, words: int = 500, asker: Author | None = ANA) -> list[str]:
    return [hit.memory.text for hit in await recall.ask(question, scope=HERE, asker=asker, now=NOW, words=words)]


SMALL_TALK = [memory(number, f"Hablando de otra cosa, la número {number} de muchas") for number in range(20, 40)]


async def test_the_dog_has_a_name() -> None:
    recall = await recall_of(memory(1, "Mi perro se llama Toby y nació en Cádiz"))
    assert await texts(recall, "¿Cómo se llama mi perro?") == ["Mi perro se llama Toby y nació en Cádiz"]


async def test_nothing_is_recalled_where_nothing_is_known() -> None:
    recall = await recall_of(*SMALL_TALK)
    assert await texts(recall, "What is the boiling point of tungsten?") == []
    assert await texts(await recall_of(), "¿Cómo se llama mi perro?") == []


async def test_who_asks_about_himself_is_preferred() -> None:
    recall = await recall_of(
        memory(1, "El coche rojo corre", person=2, speaker="Bea"), memory(2, "El coche azul corre"), *SMALL_TALK
    )
    assert (await texts(recall, "¿De qué color es mi coche?"))[0] == "El coche azul corre"
    bea = Author(account=Account(platform="telegram", user_id="2"), name="Bea", person=PersonId(2))
    assert (await texts(recall, "¿De qué color es mi coche?", asker=bea))[0] == "El coche rojo corre"


async def test_what_the_reader_sees_anyway_is_left_out() -> None:
    recall = await recall_of(memory(1, "Mi perro se llama Toby"), memory(2, "Mi perro Toby ladra"))
    hits = await recall.ask("¿mi perro Toby?", scope=HERE, asker=ANA, now=NOW, words=100, exclude=[TurnId(1)])
    assert [hit.memory.id for hit in hits] == [2]


async def test_what_says_the_same_is_shown_once() -> None:
    recall = await recall_of(*(memory(number, "Mi perro se llama Toby") for number in range(1, 5)), *SMALL_TALK)
    assert (await texts(recall, "¿Cómo se llama mi perro?")).count("Mi perro se llama Toby") == 1


async def test_short_answer_comes_with_what_was_said_before_it() -> None:
    recall = await recall_of(
        memory(1, "¿Y cómo se llama ese perro tan grande que tienes?", speaker="Bea"), memory(2, "Toby"), *SMALL_TALK
    )
    hits = await recall.ask("¿Quién es Toby?", scope=HERE, asker=ANA, now=NOW, words=100)
    assert hits[0].memory.id == 2
    assert [beside.id for beside in hits[0].neighbours] == [1]


async def test_another_scope_is_never_recalled() -> None:
    recall = await recall_of(memory(1, "Mi perro se llama Toby", scope=Scope.place("telegram", "-1")))
    assert await texts(recall, "¿Cómo se llama mi perro?") == []
    with pytest.raises(TypeError):
        await recall.ask("¿perro?", scope=None, asker=ANA, now=NOW, words=9)  # type: ignore[arg-type]


@given(
    lengths=st.lists(st.integers(0, 30), max_size=12), words=st.integers(0, 120), beside=st.lists(st.integers(0, 30))
)
def test_words_are_never_overspent_and_no_turn_is_shown_twice(
    lengths: list[int], words: int, beside: list[int]
) -> None:
    around = tuple(memory(1_000 + number, "a " * length) for number, length in enumerate(beside))
    hits = [
        Hit(memory=memory(number, "b " * length), score=1.0, neighbours=around)
        for number, length in enumerate(lengths, start=1)
    ]
    shown = [one for hit in within_budget(hits, words=words) for one in (hit.memory, *hit.neighbours)]
    assert sum(len(one.text.split()) for one in shown) <= words
    assert len({one.id for one in shown}) == len(shown)
    if lengths and min(lengths) <= words:
        assert shown


@given(st.integers(0, 10_000_000))
def test_the_floor_rises_with_what_chance_can_find(memories: int) -> None:
    assert 0 < floor(memories) <= floor(memories + 1) < 1.5


@pytest.mark.slow
async def test_meaning_is_found_with_the_bundled_model() -> None:
    async with BatchingEmbedder.open() as embedder:
        store = InMemoryStore()
        said = [
            memory(1, "Mi perro se llama Toby y nació en Cádiz"),
            memory(2, "I work as a nurse in Leeds"),
            *SMALL_TALK,
        ]
        await store.add(said, await embedder.embed([one.text for one in said]))
        recall = Recall(store, embedder)
        for question, answer in (
            ("¿Cómo se llama mi perro?", 1),
            ("What is my job at the hospital?", 2),
            ("my dog?", 1),
        ):
            hits = await recall.rank(question, scope=HERE, asker=ANA, now=NOW, limit=3)
            assert answer in {hit.memory.id for hit in hits}
        hits = await recall.ask("¿Cómo se llama mi perro?", scope=HERE, asker=ANA, now=NOW, words=200)
        assert hits[0].memory.id == 1
