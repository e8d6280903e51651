"""Martín's Markdown, buttons and form as Discord takes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import render
from bot.messages import Chat, ChatKind, Choice, OutboundMessage

CHAT = Chat(platform="discord", id="1", kind=ChatKind.DIRECT)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Título\n**negrita**", "# Título\n**negrita**"),
        ("#### Detalle", "**Detalle**"),
        ("###### **Ya negrita** ##", "**Ya negrita**"),
        ("a\n\n---\n\nb", "a\n\n───\n\nb"),
        ("mira ![un gato](https://gato.example/a.png)", "mira [un gato](https://gato.example/a.png)"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nfin", "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\nfin"),
    ],
)
def test_what_discord_would_show_as_raw_signs_is_made_readable(written: str, shown: str) -> None:
    assert render.text(written) == shown


@pytest.mark.parametrize("code", ["```\n#### no\n---\n| a | b |\n|---|---|\n```", "~~~~\n![no](x)\n~~~\n~~~~"])
def test_code_stays_as_it_is(code: str) -> None:
    assert render.text(code) == code


@given(st.text(alphabet="#-|`~![]()*_ ab\n", max_size=400) | st.text(max_size=400))
def test_rendered_text_never_outgrows_the_message(markdown: str) -> None:
    padded = markdown + "x" * (render.LIMIT - len(markdown))
    assert len(render.text(padded)) <= render.LIMIT


async def test_no_buttons_where_none_are_meant() -> None:
    assert render.buttons(OutboundMessage(chat=CHAT, text="a")) is None


async def test_the_longest_command_fits_a_button() -> None:
    choices = tuple(Choice(label="x" * 200, command=f"{number:02}" + "ñ" * 29) for number in range(20))
    view = render.buttons(OutboundMessage(chat=CHAT, text="a", choices=choices, votable=True))
    assert view is not None
    ids = [child["custom_id"] for row in view.to_components() for child in row["components"]]
    assert len(ids) == 22
    assert all(len(id_) <= 100 for id_ in ids)
    assert view.is_finished()  # discord.py keeps no finished view: nothing grows with every answer


@pytest.mark.parametrize("language", ["es", "en"])
async def test_the_form_fits_what_discord_allows(language: str) -> None:
    form = render.correction_form(message_id="1" * 20, language=language).to_dict()
    label = form["components"][0]
    assert len(form["title"]) <= 45
    assert len(label["label"]) <= 45
    assert len(label["component"]["placeholder"]) <= 100
