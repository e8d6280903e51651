"""What Martín says that is not an answer of the model: once, whole, and in one message where it can be."""

import re
from dataclasses import replace
from pathlib import Path

from bot.messages import Addressing, Choice, File, OutboundMessage
from bot.notices import in_pieces
from memory.schema import deliveries, inbox
from tests.fakes.channel import QUICK, FakeChannel
from tests.fakes.core import ANA, GROUP, LUIS, chat_of, talking
from tests.fakes.model import ScriptedModel

HERE = OutboundMessage(chat=chat_of(ANA), text="", reply_to="1")


def test_the_first_piece_replies_and_the_last_one_carries_the_buttons() -> None:
    message = replace(HERE, text="palabra " * 100, choices=(Choice(label="Sí", command="/new"),))
    first, *_, last = in_pieces(message, QUICK)
    assert (first.reply_to, first.choices) == ("1", ())
    assert (last.reply_to, last.choices) == (None, message.choices)


def test_what_is_private_replies_in_every_piece() -> None:
    pieces = in_pieces(replace(HERE, text="palabra " * 100, private=True), QUICK)
    assert {piece.reply_to for piece in pieces} == {"1"}


def test_a_message_of_files_alone_is_one_piece() -> None:
    sent = File(name="a.txt", mime="text/plain", content=b"a")
    assert in_pieces(replace(HERE, files=(sent,)), QUICK) == [replace(HERE, files=(sent,))]


async def test_a_command_is_answered_once_and_its_row_closed(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        await talk.asks("/start")
        assert len(talk.shown()) == 1
        assert [row.state for row in await talk.rows(inbox)] == ["answered"]
        assert [row.purpose for row in await talk.rows(deliveries)] == ["notice"]


async def test_files_are_sent_and_not_kept(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel("Vale.")) as talk:
        await talk.asks("Mi perro se llama Toby")
        await talk.asks("/export")
        files = [file for sent in talk.shown() for file in sent.versions[-1].files]
        assert all(b"Toby" in file.content for file in files)
        assert len(files) == 2
        assert "Toby" not in str(await talk.rows(deliveries))
        assert {row.state for row in await talk.rows(inbox)} == {"answered"}


async def test_in_a_chat_that_is_gone_a_commands_row_is_closed_too(tmp_path: Path) -> None:
    channel = FakeChannel(gone={ANA.user_id})
    async with talking(tmp_path, ScriptedModel(), channel=channel) as talk:
        for command in ("/start", "/export"):
            await talk.says(command)
        await talk.idle()
        assert {row.state for row in await talk.rows(inbox)} == {"answered"}


async def test_somebody_elses_command_is_passed_over(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        await talk.says("/roll 20", chat=GROUP, addressing=Addressing.COMMAND)
        await talk.idle(GROUP)
        assert talk.shown(GROUP) == []
        assert [row.state for row in await talk.rows(inbox)] == ["passed"]


async def test_an_approval_is_told_in_the_strangers_chat(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel(), access_policy="pairing", access_admins="telegram:7") as talk:
        code = re.search(r"[A-Z0-9]{3}-[A-Z0-9]{6}", await talk.asks("Hola", LUIS))
        assert code
        await talk.asks(f"/pair {code[0]}")
        assert len(talk.shown(chat_of(LUIS))) == 2


async def test_what_cannot_be_told_on_a_platform_that_is_off_is_let_go(tmp_path: Path) -> None:
    async with talking(tmp_path, ScriptedModel()) as talk:
        elsewhere = replace(chat_of(ANA), platform="discord")
        await talk.core.platforms.tell(elsewhere, "Hola")
        assert not await talk.core.platforms.administers(elsewhere, "7")
