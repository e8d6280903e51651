from hypothesis import given
from hypothesis import strategies as st

from memory.quotes import GONE, Quotes

SECRET = "Mi perro se llama Toby. Nació en Cádiz en el año 2014."


def test_an_answer_that_repeats_four_words_quotes() -> None:
    assert Quotes([SECRET]).in_part("Me dijiste que TU perro se llama Toby: «mi perro se llama Toby»")
    assert Quotes([SECRET]).in_part("nacio en cadiz, en el 2014")
    assert not Quotes([SECRET]).in_part("Tu gato se llama Mika")


def test_a_short_message_quotes_nobody() -> None:
    assert not Quotes(["sí, claro"]).in_part("sí, claro")
    assert Quotes(["sí, claro"]).without("sí, claro") == "sí, claro"


def test_only_the_repeated_sentence_goes() -> None:
    quotes = Quotes([SECRET])
    assert quotes.without("Eva dice: mi perro se llama toby, ¿lo oíste?") == f"Eva dice: {GONE}, ¿lo oíste?"
    assert quotes.without(f"> {SECRET}\nQué bonito") == f"> {GONE}.\nQué bonito"


def test_what_repeats_nothing_is_untouched() -> None:
    assert Quotes([SECRET]).without("Mi perro no se llama así") == "Mi perro no se llama así"


@given(secret=st.text(max_size=60), before=st.text(max_size=20), after=st.text(max_size=20))
def test_any_text_is_searched_without_a_fault(secret: str, before: str, after: str) -> None:
    quotes = Quotes([secret])
    text = f"{before} {secret} {after}"
    kept = quotes.without(text)
    assert quotes.without(kept) == kept or GONE in kept
    quotes.in_part(text)
