"""A model that says what it is told to: the fake of the `ChatModel` port.

Held to the same contract as the real ones (`tests/contracts/test_chat_model.py`).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.errors import ModelError
from bot.model import Limits, ModelInfo, Prompt
from bot.models.guard import guarded

_TOKEN = re.compile(r"\s*\S{1,12}|\s+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer, and how it comes: a piece every `between` seconds, the first after `first`.

    After its last piece it ends, raises `error`, or never says another word (`hangs`).
    """

    text: str
    first: float = 0.0
    between: float = 0.0
    error: ModelError | None = None
    hangs: bool = False


Line: TypeAlias = str | Script | ModelError


class ScriptedModel:
    """Gives its lines in order, the last one for ever; or whatever `line` makes of each prompt.

    `prompts` holds every prompt it was given, `stopped` how many answers were closed before their end, `active` how
    many it is giving now.

        model = ScriptedModel("Hola.", Script(text="Se cortó aq", error=ModelBroken("cut")), ModelBusy("full"))
        model = ScriptedModel(line=lambda prompt: prompt.turns[-1].text.upper())
    """

    def __init__(
        self,
        *lines: Line,
        line: Callable[[Prompt], Line] | None = None,
        takes_images: bool = False,
    ) -> None:
        self._lines = list(lines or ["Claro."])
        self._line = line
        self.info = ModelInfo(provider="scripted", name="scripted", takes_images=takes_images)
        self.prompts: list[Prompt] = []
        self.stopped = 0
        self.active = 0

    def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        return guarded(self._pieces(prompt), limits=limits, name="The scripted model")

    def count(self, text: str) -> int:
        return len(_TOKEN.findall(text))

    async def _pieces(self, prompt: Prompt) -> AsyncGenerator[str]:
        self.prompts.append(prompt)
        script = self._script(prompt)
        self.active += 1
        done = False
        try:
            await asyncio.sleep(script.first)
            for piece in _TOKEN.findall(script.text):
                yield piece
                await asyncio.sleep(script.between)
            if script.hangs:
                await asyncio.Event().wait()
            done = True
        finally:
            self.active -= 1
            self.stopped += not done
        if script.error is not None:
            raise script.error

    def _script(self, prompt: Prompt) -> Script:
        if self._line is not None:
            line = self._line(prompt)
        else:
            line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        match line:
            case str():
                return Script(text=line)
            case ModelError():
                return Script(text="", error=line)
            case _:
                return line
