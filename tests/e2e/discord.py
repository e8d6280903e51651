"""People who talk to Martín on Discord: in direct messages, in a server's channel, with commands and buttons."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.e2e.opened import PATIENCE, environment, serving
from tests.fakes.databases import rows
from tests.fakes.discord_server import TOKEN, DiscordServer, Waiting
from tests.fakes.discord_world import Json
from tests.fakes.ollama_server import OllamaServer

GOOD, BAD = "martin:vote:good", "martin:vote:bad"
STARTS_WITHIN = 20  # seconds


class Discord:
    """Ana and Luis, each with a direct chat, both in the channel #general of one server; `model` is what answers.

    Where nothing else is said, it is Ana in her direct chat.
    """

    def __init__(self, server: DiscordServer, model: OllamaServer, folder: Path) -> None:
        self.server = server
        self.model = model
        self.world = server.world
        self.ana, self.luis = self.world.add_user("Ana"), self.world.add_user("Luis")
        self.dm, self.luis_dm = self.world.open_dm(self.ana), self.world.open_dm(self.luis)
        self.guild = self.world.add_guild("Taller")
        for person in (self.ana, self.luis):
            self.world.join(self.guild, person)
        self.general = self.world.add_channel(self.guild, "general")
        self.mention = f"<@{self.world.me['id']}>"
        self._folder = folder
        self._stack = AsyncExitStack()

    # The house -----------------------------------------------------------------------------------

    async def start(self, more: Mapping[str, str] | None = None, **overrides: str) -> None:
        """Open the house: `more` is added to its environment, `access_policy="pairing"` overrides a setting."""
        sessions = self.server.gateway.identified
        variables = environment(self._folder, self.model, **overrides) | leading_to(self.server) | dict(more or {})
        await self._stack.enter_async_context(serving(variables))
        await self.until(lambda: self.server.gateway.identified > sessions, seconds=STARTS_WITHIN)

    async def stop(self) -> None:
        """Close it, as a supervisor would."""
        await self._stack.aclose()

    async def until(self, condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
        await self.server.wait_for(condition, within=seconds)

    # What people do ------------------------------------------------------------------------------

    async def says(self, text: str, *, where: Json | None = None, who: Json | None = None, **fields: Any) -> Json:
        """Write `text` and wait for the whole answer: its last message, the one with the buttons, known to the log."""
        where = where or self.dm
        before = len(self.answers(where))
        self.server.inject(where, who or self.ana, text, **fields)
        await self.until(lambda: len(self.answers(where)) > before)
        await self.until(lambda: not self.log("SELECT id FROM deliveries WHERE state = 'pending'"))
        return self.answers(where)[-1]

    async def commands(
        self, name: str, text: str | None = None, *, where: Json | None = None, who: Json | None = None
    ) -> Waiting:
        """Give a command and wait for its answer."""
        return await self.answered(self.server.command(where or self.dm, who or self.ana, name, text))

    async def answered(self, waiting: Waiting) -> Waiting:
        """Wait until what somebody did (a command, a button, a form) has its answer."""
        await self.until(lambda: waiting.messages)
        return waiting

    async def corrects(self, form: Waiting, text: str, *, where: Json | None = None, who: Json | None = None) -> None:
        """Fill in the form that a 👎 opened."""
        await self.until(lambda: form.modal)
        await self.answered(self.server.submit(where or self.dm, who or self.ana, form, text))

    # What they see -------------------------------------------------------------------------------

    def answers(self, where: Json | None = None) -> list[Json]:
        """Martín's finished answers: those that can be voted on."""
        return [message for message in self.server.mine(where or self.dm) if GOOD in _buttons(message)]

    def texts(self, where: Json | None = None) -> list[str]:
        return self.server.texts(where or self.dm)

    def versions(self, message: Json) -> list[str]:
        """Everything that a message has read, in order."""
        return [text for _, text in self.server.versions[message["id"]]]

    # What is behind it ---------------------------------------------------------------------------

    @property
    def prompts(self) -> list[list[Json]]:
        """The messages of every prompt so far; the first of each is the system's."""
        return [body["messages"] for body in self.model.bodies("/api/chat")]

    def log(self, query: str) -> list[tuple[object, ...]]:
        """What the log holds."""
        return rows(self._folder / "data", query)


def leading_to(server: DiscordServer) -> dict[str, str]:
    """The settings that lead to a Discord."""
    return {
        "DISCORD_TOKEN": TOKEN,
        "MARTIN__DISCORD__API_BASE_URL": server.api_base_url,
        "MARTIN__DISCORD__GATEWAY_URL": server.gateway_url,
    }


def _buttons(message: Json) -> set[str]:
    return {button["custom_id"] for row in message["components"] for button in row["components"]}
