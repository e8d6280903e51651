"""Which turns fit: the oldest go first, the last never."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.history import ELISION, cost, elide, fit, merge
from memory.records import Account, Author, PersonId, Role, Turn

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def author(person: int) -> Author:
    return Author(account=Account(platform="telegram", user_id=str(person)), name="Ana", person=PersonId(person))


def user(text: str, *, person: int = 1, minute: int = 0) -> Turn:
    return Turn(role=Role.USER, text=text, said_at=START + timedelta(minutes=minute), author=author(person))


def martin(text: str, *, minute: int = 0) -> Turn:
    return Turn(role=Role.ASSISTANT, text=text, said_at=START + timedelta(minutes=minute))


def words(text: str) -> int:
    return len(text.split())


turns = st.lists(
    st.builds(user, st.text("ab \n", max_size=60), person=st.integers(1, 3)) | st.builds(martin, st.text("ab ")),
    max_size=12,
)
budgets = st.integers(0, 300)


def test_everything_stays_where_it_fits() -> None:
    talk = [user("hola"), martin("hola"), user("¿qué tal?")]
    assert fit(talk, budget_tokens=1000, count=words) == talk


def test_oldest_turns_go_first() -> None:
    talk = [user("uno"), martin("dos"), user("tres"), martin("cuatro"), user("cinco")]
    kept = fit(talk, budget_tokens=sum(cost(turn, count=words) for turn in talk[2:]), count=words)
    assert [turn.text for turn in kept] == ["tres", "cuatro", "cinco"]


def test_turn_that_does_not_fit_hides_the_ones_before_it() -> None:
    talk = [user("corto"), martin("larga " * 500), user("pregunta")]
    assert [turn.text for turn in fit(talk, budget_tokens=60, count=words)] == ["pregunta"]


def test_what_is_left_begins_with_a_person() -> None:
    talk = [user("uno"), martin("dos"), user("tres")]
    kept = fit(talk, budget_tokens=sum(cost(turn, count=words) for turn in talk[1:]), count=words)
    assert [turn.text for turn in kept] == ["tres"]


def test_last_message_too_long_by_itself_loses_its_middle() -> None:
    text = " ".join(f"palabra{number}" for number in range(5000))
    [last] = fit([user("antes"), martin("sí"), user(text)], budget_tokens=500, count=words)
    assert last.text.startswith("palabra0 ")
    assert last.text.endswith(" palabra4999")
    assert ELISION in last.text
    assert 480 <= cost(last, count=words) <= 500


def test_what_one_person_says_in_a_row_becomes_one_turn() -> None:
    kept = merge([user("mira"), user("esto"), martin("ya")])
    assert [turn.text for turn in kept] == ["mira\nesto", "ya"]


def test_what_two_people_say_in_a_row_stays_theirs() -> None:
    kept = merge([user("mira", person=1), user("esto", person=2)])
    assert [(turn.text, turn.author) for turn in kept] == [("mira", author(1)), ("esto", author(2))]


def test_pictures_take_their_share() -> None:
    picture = Turn(role=Role.USER, text="mira", said_at=START, images=(b"png",))
    assert len(fit([user("antes"), martin("sí"), picture], budget_tokens=300, count=words)) == 1


def test_no_turns_give_none() -> None:
    assert fit([], budget_tokens=100, count=words) == []


@given(turns, budgets)
def test_last_message_is_always_there(talk: list[Turn], budget: int) -> None:
    kept = fit(talk, budget_tokens=budget, count=len)
    assert bool(kept) == bool(talk)
    if talk and cost(talk[-1], count=len) <= budget:
        assert kept[-1] == talk[-1]


@given(turns, budgets)
def test_budget_is_kept_unless_one_short_message_breaks_it(talk: list[Turn], budget: int) -> None:
    kept = fit(talk, budget_tokens=budget, count=len)
    assert sum(cost(turn, count=len) for turn in kept) <= max(budget, 16 + len(ELISION) + 8)


@given(turns)
def test_nobody_speaks_twice_in_a_row_once_merged(talk: list[Turn]) -> None:
    assert all((one.role, one.author) != (other.role, other.author) for one, other in pairwise(merge(talk)))


@given(st.text(), st.integers(0, 50))
def test_elided_text_keeps_its_beginning_and_its_end(text: str, budget: int) -> None:
    short = elide(text, budget_tokens=budget, count=len)
    assert len(short) <= max(budget, 16 + len(ELISION))
    if short != text:
        head, tail = short.split(ELISION, 1)[0], short.rsplit(ELISION, 1)[1]
        assert text.startswith(head)
        assert text.endswith(tail)
