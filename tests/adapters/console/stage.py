"""The terminal with a person before it: a real keyboard face, in a terminal that pyte emulates."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.channel import CHAT, ConsoleChannel
from adapters.console.keyboard import PROMPT, Keyboard
from bot.messages import Chat, Inbound, InboundMessage, Receipt
from tests.contracts.channels import Shown

SIZE = Size(rows=400, columns=200)
COMMANDS = [("help", "ayuda"), ("forget", "olvida")]


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what has no event: what a terminal shows."""
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


class Screen:
    """What a terminal shows of what is written to it."""

    encoding = "utf-8"

    def __init__(self, size: Size) -> None:
        self.size = size
        self._screen = pyte.HistoryScreen(size.columns, size.rows, history=1000)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> None:
        self._stream.feed(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no descriptor")

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self._screen.display]

    @property
    def scrolled(self) -> list[str]:
        """What has scrolled out at the top, and what is still there."""
        columns = range(self.size.columns)
        return ["".join(row[n].data for n in columns).rstrip() for row in self._screen.history.top] + self.rows

    @property
    def above(self) -> str:
        """Everything above the line that is being typed."""
        rows = self.rows
        last = max((number for number, row in enumerate(rows) if row.startswith(PROMPT.strip())), default=0)
        return "\n".join(rows[:last]).strip("\n")


class ConsoleStage:
    gone: Chat | None = None
    chat = CHAT
    running: asyncio.Task[None]

    def __init__(self, typed: PipeInput, folder: Path, size: Size = SIZE) -> None:
        self.heard: list[Inbound] = []
        self.receipt = Receipt.TAKEN
        self.screen = Screen(size)
        self.typed = typed
        self.done = asyncio.Event()
        self.folder = folder
        self.channel = ConsoleChannel(
            face=self._face,
            answered=self._answered,
            clock=lambda: datetime.now(UTC),
            files=folder,
            language="es",
            user="ana",
        )

    def _face(self, interrupt: Callable[[], bool]) -> Keyboard:
        output = Vt100_Output(self.screen, lambda: self.screen.size, enable_cpr=False)  # type: ignore[arg-type]
        return Keyboard(commands=COMMANDS, language="es", interrupt=interrupt, source=self.typed, output=output)

    async def _answered(self, message: InboundMessage) -> None:
        await self.done.wait()

    async def handle(self, inbound: Inbound) -> Receipt:
        self.heard.append(inbound)
        return self.receipt

    async def says(self, text: str) -> None:
        before = len(self.heard)
        self.typed.send_text(text + "\r")
        await until(lambda: len(self.heard) > before)

    async def shown(self) -> Sequence[Shown]:
        before = None
        while before != (before := self.screen.rows):  # noqa: ASYNC110 - nothing tells that a terminal has come to rest
            await asyncio.sleep(0.15)
        blocks = [block for block in self.screen.above.split("\n\n") if block.strip("\n…")]
        mine = [block for block in blocks if not block.startswith(PROMPT)]
        texts = [" ".join(block.strip("\n").split("\n")) for block in mine]
        return [Shown(id=str(number), text=text) for number, text in enumerate(texts)]

    async def remove(self, message_id: str) -> bool:
        return False


@asynccontextmanager
async def keyboard(size: Size = SIZE) -> AsyncIterator[ConsoleStage]:
    with create_pipe_input() as typed, TemporaryDirectory() as folder:
        stage = ConsoleStage(typed, Path(folder), size)
        stage.running = asyncio.create_task(stage.channel.run(stage.handle))
        try:
            await until(lambda: PROMPT.strip() in "".join(stage.screen.rows))
            yield stage
        finally:
            stage.running.cancel()
            with suppress(asyncio.CancelledError):
                await stage.running
