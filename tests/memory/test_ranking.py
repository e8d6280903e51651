"""The signals, one by one, and what holds for any shelf and question."""

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import ranking
from memory.dates import Period, period
from memory.hashing import HashingEmbedder
from memory.inmemory import InMemoryStore
from memory.language import asked, folded, language_of, stems
from memory.mentions import mentions
from memory.ranking import Question, Weights, scored
from memory.records import ConversationId, Memory, PersonId, Role, Scope, TurnId
from memory.shelf import Shelf

EMBEDDER = HashingEmbedder(256)
NOON = datetime(2023, 6, 14, 12, 0, tzinfo=UTC)  # a Wednesday
HERE = Scope.place("telegram", "-1")


async def shelf_of(*said: tuple[str, str], gap: timedelta = timedelta(minutes=1)) -> Shelf:
    store = InMemoryStore()
    memories = [
        Memory(
            id=TurnId(number),
            scope=HERE,
            conversation=ConversationId(1),
            role=Role.USER,
            speaker=speaker,
            person=PersonId(len(speaker)),
            text=text,
            said_at=NOON + number * gap,
        )
        for number, (speaker, text) in enumerate(said, start=1)
    ]
    await store.add(memories, await EMBEDDER.embed([one.text for one in memories]))
    return await store.shelf(scope=HERE, vector=np.zeros(256, np.float32), stems=())


async def ask(text: str, shelf: Shelf, *, when: Period | None = None) -> Question:
    about = mentions(text, shelf.names)
    vector = (await EMBEDDER.embed([about.bare]))[0]
    return Question(vector=vector, groups=asked(about.bare), speakers=about.speakers, period=when)


def best(shelf: Shelf, question: Question) -> str:
    return shelf.texts[int(np.argmax(scored(shelf, question, Weights()).total))]


async def test_what_is_asked_for_comes_first() -> None:
    shelf = await shelf_of(("Ana", "Me gusta el mar"), ("Bea", "Mi perro se llama Toby"), ("Ana", "Hoy llueve mucho"))
    assert best(shelf, await ask("¿Cómo se llama el perro?", shelf)) == "Mi perro se llama Toby"


async def test_who_is_meant_is_preferred_and_the_others_stay_findable() -> None:
    shelf = await shelf_of(("Ana", "Trabajo en un banco"), ("Bea", "Trabajo en un hospital"))
    assert best(shelf, await ask("¿Dónde trabaja Bea?", shelf)) == "Trabajo en un hospital"
    assert best(shelf, await ask("¿Qué dijo Ana del hospital?", shelf)) == "Trabajo en un hospital"


async def test_among_two_memories_a_chance_difference_is_none() -> None:
    assert np.abs(ranking.standard(np.array([0.50, 0.51]), least=ranking.LEAST_COSINE)).max() < 0.1


async def test_when_is_preferred() -> None:
    shelf = await shelf_of(*[("Ana", "fui a nadar")] * 5, gap=timedelta(days=1))
    meant = Period(start=NOON + timedelta(days=2.5), end=NOON + timedelta(days=3.5))
    assert int(np.argmax(scored(shelf, await ask("¿nadar?", shelf, when=meant), Weights()).total)) == 2


async def test_answer_stands_above_the_question_it_answers() -> None:
    shelf = await shelf_of(("Bea", "¿Qué coche tienes, Ana?"), ("Ana", "Un coche rojo, de segunda mano"))
    assert best(shelf, await ask("¿Qué coche tiene Ana?", shelf)).startswith("Un coche rojo")


async def test_words_said_just_around_count_too() -> None:
    shelf = await shelf_of(
        ("Ana", "Hablemos de la boda"), ("Bea", "Será en junio"), *[("Ana", f"Otra {n} más") for n in range(9)]
    )
    occurs = ranking.counts(shelf, asked("boda"))
    assert ranking.with_around(occurs, shelf.sittings)[0][:3].tolist() == [1, 1, 0]


async def test_silence_ends_a_sitting() -> None:
    shelf = await shelf_of(("Ana", "uno"), ("Bea", "dos"), gap=timedelta(hours=4))
    assert shelf.sittings.tolist() == [0, 1]
    assert ranking.answering(shelf).tolist() == [0, 0]


said = st.lists(st.tuples(st.sampled_from(["Ana", "Bea"]), st.text(max_size=30)), max_size=12)


@settings(deadline=None)
@given(said=said, question=st.text(max_size=40))
def test_every_memory_gets_a_finite_score_whatever_is_said_or_asked(said: list[tuple[str, str]], question: str) -> None:
    async def run() -> None:
        shelf = await shelf_of(*said)
        scores = scored(shelf, await ask(question, shelf), Weights())
        assert scores.total.shape == (len(said),)
        assert np.isfinite(scores.total).all()
        assert ((scores.coverage >= 0) & (scores.coverage <= 1 + 1e-9)).all()
        assert (np.abs(scores.cosine) <= 1.01).all()

    asyncio.run(run())


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_z_scores_keep_the_order_and_have_no_mean(values: list[float]) -> None:
    array = np.array(values)
    standard = ranking.standard(array)
    assert abs(standard.mean()) < 1e-6
    assert (np.diff(standard[np.argsort(array)]) >= -1e-9).all()


@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 2**16))
def test_saying_a_word_more_often_never_counts_less(groups: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    occurs = random.integers(0, 3, (groups, rows)).astype(float)
    lengths = np.full(rows, 10.0)
    idf = ranking.rarity(occurs)
    assert (idf >= 0).all()
    assert (ranking.bm25(occurs + 1, lengths, idf) >= ranking.bm25(occurs, lengths, idf) - 1e-12).all()


@given(st.text())
def test_folding_and_stemming_take_any_text(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert all(stem and " " not in stem for stem in stems(text))


@pytest.mark.parametrize(
    ("written", "typed"),
    [("nació en Cádiz", "nacio en cadiz"), ("comió", "comio"), ("running", "runs"), ("My dog Toby", "¿Y Toby?")],
)
def test_accents_endings_and_languages_do_not_hide_a_word(written: str, typed: str) -> None:
    groups = asked(typed)
    assert groups
    assert all(set(group) & set(stems(written)) for group in groups)


@pytest.mark.parametrize(
    ("text", "language"), [("¿Cómo se llama mi perro?", "es"), ("What is the name of my dog?", "en"), ("Toby!", "")]
)
def test_language_is_told_by_the_little_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_names_are_taken_out_and_people_found() -> None:
    names = ["Ana María López", "Íñigo", "Bob"]
    found = mentions("What did Ana tell Bob's mother about iñigo?", names)
    assert found.speakers == {0, 1, 2}
    assert found.bare == "What did tell mother about ?"
    assert not found.first_person
    assert mentions("¿Cómo se llama mi perro?", names).first_person
    assert mentions("Anatomy of a bobcat", names).speakers == frozenset()


@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=5))
def test_mentions_take_any_question_and_any_names(question: str, names: list[str]) -> None:
    found = mentions(question, names)
    assert found.speakers <= set(range(len(names)))
    assert len(found.bare) <= len(question)


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("¿qué hice ayer?", "2023-06-13", "2023-06-14"),
        ("What did we eat yesterday?", "2023-06-13", "2023-06-14"),
        ("¿y anoche?", "2023-06-13", "2023-06-14"),
        ("last Friday", "2023-06-09", "2023-06-10"),
        ("el viernes pasado", "2023-06-09", "2023-06-10"),
        ("¿Qué dije el sábado?", "2023-06-10", "2023-06-11"),
        ("el mes pasado", "2023-05-01", "2023-06-01"),
        ("la semana pasada", "2023-06-05", "2023-06-12"),
        ("hace dos semanas", "2023-05-29", "2023-06-05"),
        ("two weeks ago", "2023-05-29", "2023-06-05"),
        ("hace 3 días", "2023-06-11", "2023-06-12"),
        ("in May 2023", "2023-05-01", "2023-06-01"),
        ("en mayo", "2023-05-01", "2023-06-01"),
        ("el 12 de mayo de 2023", "2023-05-12", "2023-05-13"),
        ("on May 3rd", "2023-05-03", "2023-05-04"),
        ("el ano pasado", "2022-01-01", "2023-01-01"),
        ("in 2022", "2022-01-01", "2023-01-01"),
        ("on 2023-05-12", "2023-05-12", "2023-05-13"),
    ],
)
def test_dates_are_understood_in_both_languages(question: str, start: str, end: str) -> None:
    found = period(question, now=NOON)
    assert found is not None
    assert (found.start.date().isoformat(), found.end.date().isoformat()) == (start, end)


@pytest.mark.parametrize("question", ["He may go", "¿Cómo se llama mi perro?", "on 31 February", "2023-99-99", ""])
def test_no_date_is_found_where_there_is_none(question: str) -> None:
    assert period(question, now=NOON) is None


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(0, 36_500))
def test_any_period_is_a_stretch_of_time(text: str, days: int) -> None:
    now = NOON + timedelta(days=days - 12_000)
    for question in (text, f"{text} hace {text}", "last month", "hace 3 años"):
        found = period(question, now=now)
        assert found is None or found.start < found.end
