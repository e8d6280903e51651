"""A chat at a keyboard: the reply grows above the line that is being typed. The only module that imports
prompt_toolkit and Rich's Markdown.

What can still change stands with the prompt, which is drawn anew; what cannot has scrolled away above it.
"""

import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.markdown import Markdown

from adapters.console.plain import plain, printable
from bot.i18n import say
from bot.messages import OutboundMessage

PROMPT = "› "
_BELOW = 6  # rows left for what is typed and the toolbar
_DRAW_SECONDS = 0.05


def _keep_lines(state: StateCore) -> None:
    """A new line is a new line, as on every platform; Markdown itself would make one paragraph of them."""
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"


# Rich's own parser leaves out what looks like HTML: `List<String>` would lose half of itself.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").enable("table")
_PARSER.core.ruler.push("keep_lines", _keep_lines)


class Keyboard:
    """A face with a person before it."""

    live = True

    def __init__(
        self,
        *,
        commands: Sequence[tuple[str, str]],
        language: str,
        interrupt: Callable[[], bool],
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        """`commands` are completed after a slash: name and what it does. `interrupt` is called on Ctrl-C where nothing
        is typed, and says whether there was anything to stop.
        """
        self._language = language
        self._interrupt = interrupt
        self._thinking = False
        self._hint = ""
        self._growing: dict[str, OutboundMessage] = {}
        self._settled: dict[str, OutboundMessage] = {}  # for good as far as we know, and still within reach
        self._session: PromptSession[str] = PromptSession(
            self._above,
            bottom_toolbar=self._toolbar,
            completer=_Commands(commands),
            history=InMemoryHistory(),  # what was said is in one place only, where /forget finds it
            key_bindings=self._keys(),
            erase_when_done=True,
            input=source,
            output=output,
        )
        self._session.app.min_redraw_interval = _DRAW_SECONDS

    async def lines(self) -> AsyncIterator[str]:
        with patch_stdout(raw=True):  # logs pass above the prompt
            while True:
                try:
                    line = await self._session.prompt_async()
                except EOFError:
                    await self._print([*self._settled.values(), *self._growing.values()])
                    return
                await self._print(self._settled.values(), echo=line)
                self._settled.clear()
                self._hint = ""
                yield line

    def think(self, thinking: bool) -> None:
        self._thinking = thinking
        self._session.app.invalidate()

    def grow(self, message_id: str, message: OutboundMessage) -> None:
        self._settled.pop(message_id, None)
        self._growing[message_id] = message
        self._session.app.invalidate()

    async def settle(self, message_id: str, message: OutboundMessage) -> None:
        self._growing.clear()  # one that goes on comes back with its next word; one that was given up does not
        before = [each for key, each in self._settled.items() if key != message_id]
        self._settled = {message_id: message}
        if self._rendered(message).count("\n") > self._room:
            before, self._settled = [*before, message], {}
        await self._print(before)
        self._session.app.invalidate()

    @property
    def _room(self) -> int:
        return max(3, self._session.output.get_size().rows - _BELOW)

    def _above(self) -> ANSI:
        """What may still change, its last lines where it is longer than the screen, and the prompt."""
        shown = "".join(self._rendered(each) for each in (*self._settled.values(), *self._growing.values()))
        if self._thinking and not self._growing:
            shown += "…\n\n"
        return ANSI("\n".join(shown.split("\n")[-self._room :]) + PROMPT)

    def _toolbar(self) -> str:
        return self._hint or say(self._language, "console-toolbar")

    def _rendered(self, message: OutboundMessage) -> str:
        return _page(plain(message), self._session.output.get_size().columns)

    async def _print(self, messages: Iterable[OutboundMessage], *, echo: str | None = None) -> None:
        text = "".join(map(self._rendered, messages))
        if echo is not None and echo.strip():
            text += f"{PROMPT}{printable(echo)}\n\n"
        if text:
            output = self._session.output
            await run_in_terminal(lambda: print_formatted_text(ANSI(text), end="", output=output))

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("c-c")
        def _(event: KeyPressEvent) -> None:
            if event.current_buffer.text:
                event.current_buffer.reset()
            else:
                self._hint = say(self._language, "console-stopping" if self._interrupt() else "console-leave")

        return keys


@lru_cache(maxsize=8)  # every key that is pressed draws all of it again
def _page(text: str, columns: int) -> str:
    """Markdown as a terminal shows it."""
    page, markdown = io.StringIO(), Markdown(text, hyperlinks=False)
    markdown.parsed = _PARSER.parse(text)
    Console(file=page, force_terminal=True, width=columns, color_system="standard").print(markdown)
    return page.getvalue() + "\n"


class _Commands(Completer):
    def __init__(self, commands: Sequence[tuple[str, str]]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        if typed.startswith("/"):
            for name, does in self._commands:
                if name.startswith(typed[1:]):
                    yield Completion(f"/{name}", start_position=-len(typed), display_meta=does)
