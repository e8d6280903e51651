import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from telegram import ForceReply, InlineKeyboardMarkup

from adapters.telegram.buttons import choice_data, command_of, verdict_of, vote_data
from adapters.telegram.render import MESSAGE_LIMIT, NOTHING, Rendered, keyboard, markup, render, units
from bot.messages import Choice, Verdict
from tests.adapters.telegram.stage import saying
from tests.fakes.telegram_rules import checked_text, faults

SIGNS = (
    "** * _ __ ` `` ``` ~~ || <b> </div> <x_y> [ ](http://a.b/c) ](javascript:x) ](x) ![ $ $$ \\ \\( \\) &lt; &amp; | "
    "< ~ http://x.y/z ( ] : [^1] <!-- --> --- 🐶 👨‍👩‍👧 ñ שלום"
)
BREAKS = ["\n", "\n\n", "\r\n", "\t", " ", "    ", "\n> ", "\n- ", "\n1. ", "\n# ", "\n```py\n", "\n```\n", "\n- [ ] "]
TABLE = "\n\n| a | b |\n|---|---|\n"
WORDS = st.from_regex(r"w[0-9]{1,3}w", fullmatch=True)
MARKDOWN = st.lists(
    st.sampled_from(SIGNS.split()) | st.sampled_from(BREAKS) | st.just(TABLE) | WORDS | st.text(max_size=3), max_size=30
).map("".join)


def kinds(text: str) -> set[str]:
    return {str(entity.type) for entity in render(text).entities}


def everything(shown: Rendered) -> str:
    """The text, and what its entities carry: addresses, and the names of languages that Telegram shows over code."""
    return " ".join([shown.text, *(entity.language or entity.url or "" for entity in shown.entities)])


def covered(text: str, kind: str) -> list[str]:
    shown = render(text)
    encoded = shown.text.encode("utf-16-le")
    return [
        encoded[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")
        for entity in shown.entities
        if entity.type == kind
    ]


def test_markup_covers_what_it_should_in_utf16_offsets() -> None:
    assert covered("🐶🐶 **negrita 🐶** y `código`", "bold") == ["negrita 🐶"]
    assert covered("🐶🐶 **negrita 🐶** y `código`", "code") == ["código"]


def test_a_code_block_keeps_its_language_and_its_signs() -> None:
    shown = render('```python\nif a < b and x["*"]:\n    pass\n```')
    assert shown.text == 'if a < b and x["*"]:\n    pass'
    assert [(str(entity.type), entity.language) for entity in shown.entities] == [("pre", "python")]


@pytest.mark.parametrize(
    "text",
    [
        "usa List<String> y Map<K, V>",
        "<div>\nhola\n</div>",
        "**sin cerrar `x",
        "a_b_c * 3",
        "cuesta $5 y luego $6",
        "```w1\nw2",
    ],
)
def test_what_only_looks_like_markup_is_shown(text: str) -> None:
    assert set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", everything(render(text))))


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\0"])
def test_nothing_becomes_something_telegram_takes(text: str) -> None:
    assert render(text).text == NOTHING


def test_a_link_telegram_would_refuse_is_text() -> None:
    assert kinds("[a](javascript:alert)") == set()
    assert kinds("[a](https://example.org/x_y?z=1)") == {"text_link"}


def test_a_table_that_grows_past_the_limit_is_shown_as_it_was_written() -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| {'x' * 60 if i == 0 else i} | b |\n" for i in range(100))
    shown = render(table)
    assert units(shown.text) <= MESSAGE_LIMIT
    assert shown.text == table.strip("\n")


@given(text=MARKDOWN)
@example(text="]w0w🐶w1w||w2w\0http://x.y/z\ufeff&lt;**b\t||*~\0**")
@example(text="> a\n> > b `c`")
def test_telegram_takes_whatever_is_rendered(text: str) -> None:
    shown = render(text)
    entities = [{**entity.to_dict(), "type": str(entity.type)} for entity in shown.entities]
    checked_text(shown.text, entities, None, limit=MESSAGE_LIMIT)  # by TDLib's own rules
    assert faults(entities) == []


@given(text=MARKDOWN)
def test_no_word_is_lost(text: str) -> None:
    shown = everything(render(text))
    assert [word for word in re.findall(r"w\d+w", text) if word not in shown] == []


@given(text=st.text())
def test_any_text_at_all_can_be_sent(text: str) -> None:
    shown = render(text)
    entities = [{**entity.to_dict(), "type": str(entity.type)} for entity in shown.entities]
    checked_text(shown.text, entities, None, limit=MESSAGE_LIMIT)


def test_votes_stand_under_the_choices() -> None:
    choices = (Choice(label="Sí", command="/forget yes"), Choice(label="No", command="/forget no"))
    shown = keyboard(saying("¿Seguro?", votable=True, choices=choices))
    assert shown is not None
    rows = [[(button.text, button.callback_data) for button in row] for row in shown.inline_keyboard]
    assert rows == [
        [("Sí", "c1:/forget yes"), ("No", "c1:/forget no")],
        [("👍", "v1:good"), ("👎", "v1:bad")],
    ]


def test_a_question_for_the_right_answer_opens_the_reply_box() -> None:
    assert isinstance(markup(saying("¿Qué habría sido lo correcto?", asks_correction=True)), ForceReply)
    assert isinstance(markup(saying("Toma", votable=True)), InlineKeyboardMarkup)
    assert markup(saying("Toma")) is None


@pytest.mark.parametrize("verdict", [Verdict.GOOD, Verdict.BAD])
def test_a_vote_is_read_back(verdict: Verdict) -> None:
    assert verdict_of(vote_data(verdict)) is verdict


@given(command=st.text(max_size=60).map("/".__add__))
def test_a_choice_is_read_back_or_refused(command: str) -> None:
    try:
        data = choice_data(Choice(label="x", command=command))
    except ValueError:
        assert len(command.encode("utf-8", "replace")) > 61 or not command.isascii()
    else:
        assert len(data.encode()) <= 64
        assert command_of(data) == command


@given(data=st.text().filter(lambda data: data not in map(vote_data, (Verdict.GOOD, Verdict.BAD))))
def test_foreign_data_is_neither_vote_nor_command(data: str) -> None:
    assert verdict_of(data) is None
    assert command_of(data) is None or data.startswith("c1:/")
