"""Piped: one message a line in, one reply out, and nothing else."""

import asyncio
import io
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from adapters.console.channel import CHAT, ConsoleChannel
from adapters.console.pipe import Pipe
from bot.errors import AttachmentRefused, ChannelGone
from bot.messages import (
    Attachment,
    AttachmentKind,
    Choice,
    File,
    Inbound,
    InboundMessage,
    InboundVote,
    OutboundMessage,
    Receipt,
    Verdict,
)

pytestmark = pytest.mark.timeout(30)


class Core:
    """Answers as the core does: `handle` returns at once, the pieces of the reply come later."""

    def __init__(self, folder: Path, source: int, output: TextIO | None = None) -> None:
        self.heard: list[Inbound] = []
        self.output = output or io.StringIO()
        self.reply: Callable[[str], Sequence[OutboundMessage]] = lambda text: [say(f"eco: {text}", votable=True)]
        self.busy = 0
        self.most_busy = 0
        self.channel = ConsoleChannel(
            face=lambda interrupt: Pipe(source=source, output=self.output),
            answered=self.answered,
            clock=lambda: datetime.now(UTC),
            files=folder,
            language="es",
            user="ana",
        )

    async def handle(self, inbound: Inbound) -> Receipt:
        self.heard.append(inbound)
        self.busy += isinstance(inbound, InboundMessage)
        self.most_busy = max(self.busy, self.most_busy)
        return Receipt.TAKEN

    async def answered(self, message: InboundMessage) -> None:
        await asyncio.sleep(0.01)
        assert await self.channel.preview(say("e"), replacing=None) is None
        for number, piece in enumerate(self.reply(message.text)):
            with suppress(ChannelGone):  # the core gives it up
                await self.channel.deliver(piece, replacing=None, nonce=f"{message.message_id}-{number}")
        self.busy -= 1


def say(text: str, *, votable: bool = False) -> OutboundMessage:
    return OutboundMessage(chat=CHAT, text=text, votable=votable)


def piped(content: bytes) -> int:
    """A descriptor that `content` is read from, written by a thread, since a pipe holds little."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(content)

    threading.Thread(target=write, daemon=True).start()
    return reading


async def talk(folder: Path, content: bytes, **changes: object) -> Core:
    source = piped(content)
    core = Core(folder, source)
    for name, value in changes.items():
        setattr(core, name, value)
    try:
        await core.channel.run(core.handle)
    finally:
        os.close(source)
    return core


def out(core: Core) -> str:
    assert isinstance(core.output, io.StringIO)
    return core.output.getvalue()


async def test_each_line_gets_one_reply_and_the_end_of_input_ends_it(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"hola\nadi\xc3\xb3s\n")) == "eco: hola\neco: adiós\n"


async def test_last_line_needs_no_newline(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"hola")) == "eco: hola\n"


async def test_empty_lines_are_no_messages(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"\n  \n\r\n\xef\xbb\xbfhola\r\n\n")) == "eco: hola\n"


async def test_no_input_at_all_is_a_good_end(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"")) == ""


async def test_next_line_waits_until_the_one_before_is_answered(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"uno\ndos\ntres\n")
    assert core.most_busy == 1
    assert not core.channel.capabilities.merges


async def test_a_file_is_read_like_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("uno\ndos\n")
    with (tmp_path / "in").open() as file:
        core = Core(tmp_path, file.fileno())
        await core.channel.run(core.handle)
    assert out(core) == "eco: uno\neco: dos\n"


async def test_enormous_line_is_one_message(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"a" * 5_000_000 + b"\nfin\n")
    assert [len(each.text) for each in core.heard if isinstance(each, InboundMessage)] == [5_000_000, 3]


async def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"ma\xf1ana\n")) == "eco: ma\ufffdana\n"


async def test_reply_in_several_pieces_comes_out_whole(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"hola\n", reply=lambda text: [say("uno\n\ndos"), say("tres")])
    assert out(core) == "uno\n\ndos\ntres\n"


async def test_choices_are_printed_as_text(tmp_path: Path) -> None:
    asked = OutboundMessage(chat=CHAT, text="¿Seguro?", choices=(Choice(label="Sí", command="/forget everything yes"),))
    assert out(await talk(tmp_path, b"/forget everything\n", reply=lambda text: [asked])) == (
        "¿Seguro?\n- Sí: `/forget everything yes`\n"
    )


async def test_what_would_command_a_terminal_is_left_out(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"hola\n", reply=lambda text: [say("\x1b]0;mal\x07hola\u009b31m\ud83d")])
    assert out(core) == "]0;malhola31m\n"


async def test_message_ids_are_new_in_every_run(tmp_path: Path) -> None:
    cores = [await talk(tmp_path, b"hola\nhola\n") for _ in range(2)]
    assert len({each.message_id for core in cores for each in core.heard if isinstance(each, InboundMessage)}) == 4


async def test_votes_are_for_the_last_answer(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"uno\ndos\n/-\n/+\n")
    votes = [each for each in core.heard if isinstance(each, InboundVote)]
    messages = [each for each in core.heard if isinstance(each, InboundMessage)]
    assert [vote.verdict for vote in votes] == [Verdict.BAD, Verdict.GOOD]
    assert {vote.message_id for vote in votes} == {f"{messages[1].message_id}-0"}


async def test_vote_with_nothing_to_vote_on_says_so(tmp_path: Path) -> None:
    assert out(await talk(tmp_path, b"/+\n")) == "Todavía no hay ninguna respuesta que valorar.\n"


async def test_line_after_the_question_what_would_have_been_right_replies_to_it(tmp_path: Path) -> None:
    question = OutboundMessage(chat=CHAT, text="¿Qué habría sido lo correcto?", asks_correction=True)
    core = await talk(tmp_path, b"uno\nToby\ndos\n", reply=lambda text: [question] if text == "uno" else [say("ok")])
    _, correction, after = (each for each in core.heard if isinstance(each, InboundMessage))
    assert correction.reply_to is not None
    assert correction.reply_to.is_mine
    assert after.reply_to is None


async def test_files_are_put_beside_those_that_are_there(tmp_path: Path) -> None:
    file = File(name="../export.json", mime="application/json", content=b"{}")
    reply = OutboundMessage(chat=CHAT, text="Aquí tienes.", files=(file, file))
    core = await talk(tmp_path / "files", b"/export\n", reply=lambda text: [reply])
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["export-2.json", "export.json"]
    assert (tmp_path / "files" / "export.json").stat().st_mode & 0o777 == 0o600
    assert "export-2.json" in out(core)


async def test_delivery_that_is_tried_again_is_printed_once(tmp_path: Path) -> None:
    core = await talk(tmp_path, b"")
    ids = [await core.channel.deliver(say("hola"), replacing=None, nonce="n1") for _ in range(2)]
    assert ids[0] == ids[1]
    assert out(core) == "hola\n"


async def test_when_nobody_reads_any_more_it_ends(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    source = piped(b"uno\ndos\n")
    with os.fdopen(writing, "w") as output:
        core = Core(tmp_path, source, output)
        await core.channel.run(core.handle)
    os.close(source)
    assert [each.text for each in core.heard if isinstance(each, InboundMessage)] == ["uno"]


async def test_stopping_while_no_line_comes_is_no_wait(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    core = Core(tmp_path, reading)
    running = asyncio.create_task(core.channel.run(core.handle))
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait({running}, timeout=1)
    assert running.cancelled()
    os.close(writing)


async def test_nothing_is_attached_in_a_terminal(tmp_path: Path) -> None:
    attachment = Attachment(kind=AttachmentKind.TEXT, name="a", mime="", size=1, ref="")
    with pytest.raises(AttachmentRefused):
        await (await talk(tmp_path, b"")).channel.fetch(attachment, limit=10)
