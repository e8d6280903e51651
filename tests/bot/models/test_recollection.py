"""Answers from memory alone, in Spanish and English."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import say
from bot.model import Limits, Prompt
from bot.models.recollection import RecollectionModel, answer
from bot.models.sentences import Kind, kind, split
from memory.records import Account, Author, ConversationId, Hit, Memory, PersonId, Role, Scope, Turn, TurnId

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA = Author(account=Account(platform="telegram", user_id="1"), name="Ana", person=PersonId(7))
LUIS = Author(account=Account(platform="telegram", user_id="2"), name="Luis", person=PersonId(8))


def turn(text: str, *, role: Role = Role.USER, author: Author | None = ANA, at: datetime = NOW) -> Turn:
    return Turn(role=role, text=text, said_at=at, author=author if role is Role.USER else None)


def hit(
    text: str,
    *,
    score: float = 0.5,
    author: Author = ANA,
    role: Role = Role.USER,
    at: datetime = NOW - timedelta(days=3),
    neighbours: tuple[Memory, ...] = (),
) -> Hit:
    return Hit(memory=memory(text, author=author, role=role, at=at), score=score, neighbours=neighbours)


def memory(
    text: str, *, author: Author = ANA, role: Role = Role.USER, at: datetime = NOW - timedelta(days=3)
) -> Memory:
    return Memory(
        id=TurnId(1),
        scope=Scope.person(PersonId(7)),
        conversation=ConversationId(1),
        role=role,
        speaker=author.name if role is Role.USER else "Martín",
        person=author.person if role is Role.USER else None,
        text=text,
        said_at=at,
    )


def ask(question: str, *known: str | Hit, language: str = "es", before: tuple[Turn, ...] = ()) -> str:
    hits = [fact if isinstance(fact, Hit) else hit(fact, score=1 - place / 10) for place, fact in enumerate(known)]
    return answer(Prompt(system="", turns=[*before, turn(question)], memories=hits, language=language))


DOG = "Mi perro se llama Toby y nació en Cádiz"


@pytest.mark.parametrize(
    ("known", "question", "expected"),
    [
        (DOG, "¿Cómo se llama mi perro?", "Toby"),
        (DOG, "como se llama mi perro", "Toby"),
        (DOG, "¿Dónde nació Toby?", "Cádiz"),
        (DOG, "¿Y mi mascota cómo se llama?", "Toby"),
        (DOG, "Dime cómo se llama mi perro", "Toby"),
        (DOG, "Quiero saber cómo se llama mi perro", "Toby"),
        (DOG, "¿Qué sabes de Toby?", "Toby"),
        (DOG, "¿Te acuerdas de mi perro?", "Toby"),
        (DOG, "What is my dog called?", "Toby"),
        ("Vivo en Sevilla desde 2019.", "¿Dónde vivo?", "Sevilla"),
        ("Me he mudado a Lugo", "¿En qué ciudad vivo?", "Lugo"),
        ("Trabajo de enfermera en el hospital", "¿En qué trabajo?", "enfermera"),
        ("Mi cumpleaños es el 3 de mayo", "¿Cuándo es mi cumpleaños?", "3 de mayo"),
        ("Nací el 3 de mayo de 1990", "¿Cuándo nací?", "3 de mayo"),
        ("Tengo 34 años", "¿Cuántos años tengo?", "34"),
        ("Me llamo Ana", "¿Cómo me llamo?", "Ana"),
        ("Soy alérgica a los cacahuetes", "¿A qué soy alérgica?", "cacahuetes"),
        ("Mi color favorito es el verde", "¿Cuál es mi color favorito?", "verde"),
        ("Mi hermana se llama Marta", "¿Cómo se llama mi hermana?", "Marta"),
        ("Estoy leyendo el Quijote", "¿Qué estoy leyendo?", "Quijote"),
        ("El examen de física es el viernes", "¿Cuándo es el examen de física?", "viernes"),
        ("La contraseña del wifi de casa es martillo", "¿Cuál es la contraseña del wifi?", "martillo"),
        ("Dejé las llaves en el cajón azul", "¿Dónde dejé las llaves?", "cajón azul"),
        ("El teléfono del fontanero es 600 123 456", "Dame el teléfono del fontanero", "600 123 456"),
        ("My dog is called Rex", "What is my dog's name?", "Rex"),
        ("My dog is called Rex", "whats my dogs name", "Rex"),
        ("I live in Leeds with two cats.", "Where do I live?", "Leeds"),
        ("I work as a nurse", "What is my job?", "nurse"),
        ("My birthday is on May 3rd", "When is my birthday?", "May 3rd"),
        ("I'm allergic to peanuts", "What am I allergic to?", "peanuts"),
        ("My favourite colour is green", "What's my favorite color?", "green"),
        ("My name is Ana", "Who am I?", "Ana"),
        ("I parked the car on level 4", "Where did I park the car?", "level 4"),
        ("My sister Marta moved to Lugo", "Where does my sister live?", "Lugo"),
    ],
)
def test_a_question_is_answered_by_the_sentence_that_answers_it(known: str, question: str, expected: str) -> None:
    noise = ("Ayer hizo mucho frío", "The train was late again")
    assert expected in ask(question, known, *noise)
    assert "frío" not in ask(question, *noise, known)


@pytest.mark.parametrize(
    ("known", "question"),
    [
        (DOG, "¿Cómo se llama mi gato?"),
        (DOG, "¿Cuál es la capital de Francia?"),
        (DOG, "¿Cómo me llamo?"),
        ("My dog is called Rex", "What is my sister's name?"),
        ("Vivo en Sevilla", "¿Cuándo es mi cumpleaños?"),
        ("Ana vive en Cádiz", "¿Qué hora es?"),
        ("Mi hermana se llama Marta", "¿Cuándo es el cumpleaños de mi hermana?"),
    ],
)
def test_what_was_never_said_is_plainly_not_known(known: str, question: str) -> None:
    told = ask(question, known)
    assert known not in told
    assert "Ollama" in told
    assert "/model" in told


def test_a_conversation_remembers_before_anything_is_recalled() -> None:
    assert "Toby" in ask("¿Cómo se llama mi perro?", before=(turn(DOG), turn("Anotado.", role=Role.ASSISTANT)))


def test_an_answer_says_who_and_when() -> None:
    assert ask("¿Cómo se llama mi perro?", DOG) == f"Me dijiste: «{DOG}» (20 nov 2026)"
    assert ask("What is my dog called?", DOG, language="en") == f"You told me: “{DOG}” (20 Nov 2026)"
    theirs = hit("Mi perro se llama Sultán", author=LUIS)
    assert ask("¿Cómo se llama el perro de Luis?", theirs) == "Luis dijo: «Mi perro se llama Sultán» (20 nov 2026)"
    mine = hit("Tu perro se llama Toby.", role=Role.ASSISTANT)
    assert ask("¿Cómo se llama mi perro?", mine).startswith("Yo te dije: ")


def test_a_name_that_is_copied_is_still_another_person() -> None:
    false_ana = Author(account=Account(platform="telegram", user_id="9"), name="Ana", person=PersonId(99))
    assert ask("¿Cómo se llama mi perro?", hit(DOG, author=false_ana)).startswith("Ana dijo: ")


def test_only_the_sentence_that_answers_is_told() -> None:
    told = ask("¿Cómo se llama mi perro?", "Hoy llueve. Mi perro se llama Toby. Mañana voy al cine.")
    assert "Toby" in told
    assert "llueve" not in told
    assert "cine" not in told


def test_a_question_in_memory_answers_nothing_and_is_not_given_back() -> None:
    told = ask("¿Cómo se llama mi perro?", "¿Cómo se llama mi perro?", "Dime cómo se llama mi perro", "mi perro?")
    assert "«" not in told


def test_an_answer_may_stand_beside_what_was_recalled() -> None:
    asked = hit("¿Cómo se llama tu perro?", role=Role.ASSISTANT, neighbours=(memory("Mi perro es Toby, un galgo"),))
    assert "galgo" in ask("¿Cómo se llama mi perro?", asked)


def test_the_newest_of_two_answers_is_told_first() -> None:
    old = hit("Vivo en Sevilla", score=0.9, at=NOW - timedelta(days=900))
    new = hit("Vivo en Madrid", score=0.9, at=NOW - timedelta(days=2))
    told = ask("¿Dónde vivo?", old, new)
    assert told.index("Madrid") < told.index("Sevilla")


def test_the_same_words_said_twice_are_told_once() -> None:
    assert ask("¿Cómo se llama mi perro?", DOG, DOG + ".", before=(turn(DOG),)).count("Toby") == 1


def test_what_is_told_before_a_question_in_one_message_counts() -> None:
    assert "Toby" in ask("Mi perro se llama Toby. ¿Cómo se llama mi perro?")


def test_asked_what_it_remembers_it_lists_what_it_was_told() -> None:
    told = ask("¿Qué sabes de mí?", DOG, "Vivo en Sevilla", hit("Te gusta el té.", role=Role.ASSISTANT))
    assert "Toby" in told
    assert "Sevilla" in told
    assert "té" not in told.split()


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_statement_is_noted_briefly_and_not_always_in_the_same_words(language: str) -> None:
    before: tuple[Turn, ...] = ()
    said = []
    for statement in ("Mi perro se llama Toby", "I live in Leeds", "Me gusta el mar"):
        said.append(ask(statement, language=language, before=before))
        before = (*before, turn(statement), turn(said[-1], role=Role.ASSISTANT))
    assert len(set(said)) == len(said)
    assert all(len(text) < 60 for text in said)


def test_how_to_get_a_model_is_said_once_in_a_conversation() -> None:
    first = ask("¿Cuál es la capital de Francia?")
    before = (turn("¿Cuál es la capital de Francia?"), turn(first, role=Role.ASSISTANT))
    second = ask("¿Y la de Italia?", before=before)
    assert "Ollama" in first
    assert "Ollama" not in second
    assert second
    assert second not in first


def test_work_for_a_model_is_declined_and_says_why() -> None:
    assert "modelo" in ask("Escribe un poema sobre el mar")
    assert "language model" in ask("Translate this into French", language="en")


def test_greetings_and_thanks_get_what_they_are_due() -> None:
    assert ask("Hola").startswith("¡Hola!")
    assert ask("Hello", language="en").startswith("Hello!")
    assert ask("muchas gracias") == say("es", "model-thanks")
    assert ask("Hasta luego, Martín") == say("es", "model-farewell")
    assert "Toby" in ask("Hola Martín ¿cómo se llama mi perro?", DOG)


def test_asked_what_it_is_it_says_what_it_can_do() -> None:
    assert "Ollama" in ask("¿Quién eres?", DOG)
    assert "Toby" not in ask("¿Qué puedes hacer?", DOG)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Cuando llegué a Madrid, comí", Kind.STATEMENT),
        ("como mucho pan por las mañanas antes de salir de casa", Kind.STATEMENT),
        ("Hola, me llamo Ana", Kind.STATEMENT),
        ("Have a nice day", Kind.STATEMENT),
        ("Cómo se hace una tortilla", Kind.QUESTION),
        ("y dónde vive", Kind.QUESTION),
        ("Tienes hambre?", Kind.QUESTION),
        ("do you remember my dog", Kind.QUESTION),
        ("Resume este texto", Kind.REQUEST),
        ("¿Puedes escribir un poema?", Kind.REQUEST),
        ("Good night", Kind.FAREWELL),
        ("👍", Kind.NOTHING),
    ],
)
def test_a_sentence_is_taken_for_what_it_does(sentence: str, expected: Kind) -> None:
    assert kind(sentence) is expected


@given(st.text(max_size=300))
def test_sentences_keep_every_word(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@given(question=st.text(max_size=200), known=st.lists(st.text(max_size=200), max_size=4), english=st.booleans())
def test_nothing_that_is_said_can_break_it(question: str, known: list[str], english: bool) -> None:
    assert ask(question, *known, language="en" if english else "es").strip()


def test_a_wall_of_words_is_answered_in_no_time() -> None:
    wall = " ".join(f"palabra{number}cualquiera" for number in range(600))
    began = perf_counter()
    assert ask(f"¿{wall}?", *(f"{wall} {number}" for number in range(5)))
    assert perf_counter() - began < 2


def test_an_enormous_word_and_an_empty_prompt_are_answered_too() -> None:
    assert ask("x" * 10_000)
    assert ask("¿" + "perro " * 2_000 + "?", "perro " * 2_000)
    assert answer(Prompt(system="", turns=[]))


async def test_the_answer_comes_in_pieces_and_keeps_to_the_limit() -> None:
    prompt = Prompt(system="", turns=[turn("¿Cuál es la capital de Francia?")])
    pieces = [piece async for piece in RecollectionModel().stream(prompt, limits=Limits())]
    assert "".join(pieces) == answer(prompt)
    assert len([piece async for piece in RecollectionModel().stream(prompt, limits=Limits(max_tokens=3))]) == 3
