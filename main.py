"""Runs Martín: the platforms, the clock, and everything between them, until told to stop.

The composition root, with `house` (what is kept) and `wiring` (what talks). Nothing here decides anything.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import SecretStr

import logs
from adapters import health
from bot import language
from bot.channel import Channel
from bot.commands.registry import COMMANDS, offered
from bot.errors import BotError
from bot.i18n import LANGUAGES, say
from bot.messages import ChatKind, InboundMessage
from bot.models.sources import Provider, Sources
from bot.models.switch import ModelSwitch
from house import House, build
from jobs.maintenance import Maintenance
from jobs.schedule import Nightly, ticking
from memory import lock
from memory.database import DatabaseError
from memory.encoder import EmbedderUnavailable
from memory.runs import Runs
from memory.store import MemoryStoreError
from settings import Settings, address
from wiring import Core, wire

__all__ = ["House", "build", "chat", "run"]

MODEL_CHOICE = "model"  # the fact that holds what /model chose
INSTALLED = "installed_at"  # the fact that holds when this house was first opened
DISCORD_SEEN = "discord"  # the fact that holds what Discord has shown us

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Serve every platform that has a token, until SIGTERM or Ctrl-C.

    Raises:
        BotError: a platform refuses us, with its mend.
        AlreadyOpen, DatabaseError, MemoryStoreError: what is kept cannot be opened.
    """
    logs.configure(level=settings.log.level, style=settings.log.format, secrets=settings.secrets)
    async with serving(settings, terminal=False) as receiving:
        await _until_done(receiving, signals=[signal.SIGTERM, signal.SIGINT])


async def chat(settings: Settings) -> None:
    """Talk at the terminal, or answer the lines of standard input; platforms that have a token are served too.

    Raises: as `run`.
    """
    file = settings.storage.data_dir / "martin.log"
    logs.configure(level=settings.log.level, style=settings.log.format, secrets=settings.secrets, file=file)
    async with serving(settings, terminal=True) as receiving:
        await _until_done(receiving, signals=[signal.SIGTERM])


async def _until_done(receiving: Iterable["asyncio.Task[None]"], *, signals: Iterable[signal.Signals]) -> None:
    """Until somebody stops the program, or a terminal has nothing more to say."""
    stopped = asyncio.Event()
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait([stop, *receiving], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()


@asynccontextmanager
async def serving(settings: Settings, *, terminal: bool) -> AsyncIterator[Sequence["asyncio.Task[None]"]]:
    """Everything at work; yields the tasks that receive.

    Torn down from the inside: what is being answered may finish while the platforms are still connected.
    """
    with lock.held(settings.storage.data_dir):
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(build(settings))
            model = await stack.enter_async_context(_model(house))
            channels: dict[str, Channel] = {}
            core = wire(house, model, channels)
            for opening in _channels(house, core, terminal=terminal):
                channel = await stack.enter_async_context(opening)
                channels[channel.platform] = channel
            nightly = await _nightly(house)
            await _invite_first_admin(house, terminal=terminal)
            tasks: list[asyncio.Task[None]] = []
            group = await stack.enter_async_context(_unwrapped_group())
            stack.callback(lambda: [task.cancel() for task in tasks])
            await stack.enter_async_context(core.lanes.open())
            if settings.health.listen:
                host, port = address(settings.health.listen)
                await stack.enter_async_context(health.served(host, port, readiness=_readiness(house)))
            for channel in channels.values():
                await core.resuming.resume(channel)
            receiving = [
                group.create_task(channel.run(core.dispatcher.handler(channel)), name=f"receive {channel.platform}")
                for channel in channels.values()
            ]
            tasks += [*receiving, group.create_task(_look_after(house, nightly), name="look after")]
            yield receiving


@asynccontextmanager
async def _unwrapped_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose one expected error comes out by itself: it goes to a person, not to a debugger."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* BotError as errors:
        raise errors.exceptions[0] from None


# The parts ---------------------------------------------------------------------------------------


def _model(house: House) -> AbstractAsyncContextManager[ModelSwitch]:
    model = house.settings.model

    async def save(name: str) -> None:
        await house.facts.write(MODEL_CHOICE, name)

    return ModelSwitch.open(
        provider=Provider(model.provider),
        name=model.name,
        gguf=Path(model.gguf) if model.gguf else None,
        sources=Sources(
            base_url=model.base_url,
            api_key=model.api_key.get_secret_value() if model.api_key else "",
            context_tokens=model.context_tokens,
            keep_alive=model.keep_alive,
            pulls=model.pull,
        ),
        load_choice=lambda: house.facts.read(MODEL_CHOICE),
        save_choice=save,
    )


def _channels(house: House, core: Core, *, terminal: bool) -> Iterator[AbstractAsyncContextManager[Channel]]:
    """The channels to open. Each platform's library is imported only where it is served."""
    settings = house.settings
    if terminal:
        yield _console(house, core)
    if "telegram" in settings.platforms:
        yield _telegram(house)
    if "discord" in settings.platforms:
        yield _discord(house)


@asynccontextmanager
async def _console(house: House, core: Core) -> AsyncIterator[Channel]:
    from adapters.console import ConsoleChannel, face_for, login

    async def answered(message: InboundMessage) -> None:
        await core.attendant.idle(message.chat)

    spoken = house.settings.language
    commands = [(each.name, each.description(spoken)) for each in offered(admin=True, kind=ChatKind.DIRECT)]
    yield ConsoleChannel(
        face=face_for(commands=commands, language=spoken),
        answered=answered,
        clock=house.clock,
        files=Path.cwd(),
        language=spoken,
        user=login(),
    )


def _telegram(house: House) -> AbstractAsyncContextManager[Channel]:
    from adapters.telegram.client import TelegramChannel
    from adapters.telegram.menu import MenuEntry

    settings = house.settings.telegram
    return TelegramChannel.open(
        token=_secret(settings.token),
        clock=house.clock,
        api_base_url=settings.api_base_url,
        mode=settings.mode,
        webhook_url=settings.webhook_url,
        webhook_listen=settings.webhook_listen,
        webhook_secret=_secret(settings.webhook_secret),
        menu=[
            MenuEntry(
                name=command.name,
                description=command.description(spoken),
                language=spoken,
                admin=command.admin,
                direct_only=ChatKind.GROUP not in command.places,
            )
            for command in COMMANDS
            for spoken in LANGUAGES
        ],
        admins=[
            subject.partition(":")[2] for subject in house.settings.access.admins if subject.startswith("telegram:")
        ],
        language=house.settings.language,
    )


@asynccontextmanager
async def _discord(house: House) -> AsyncIterator[Channel]:
    from adapters.discord import CommandSpec, DiscordChannel

    settings = house.settings.discord

    async def load() -> str:
        return await house.facts.read(DISCORD_SEEN) or ""

    async def save(text: str) -> None:
        await house.facts.write(DISCORD_SEEN, text)

    yield DiscordChannel(
        token=_secret(settings.token),
        clock=house.clock,
        load_seen=load,
        save_seen=save,
        commands=[
            CommandSpec(
                name=command.name,
                descriptions={spoken: command.description(spoken) for spoken in LANGUAGES},
                arguments={spoken: command.usage(spoken) for spoken in LANGUAGES} if command.takes else {},
                admin=command.admin,
                private=command.admin or command.private,
            )
            for command in COMMANDS
        ],
        api_base_url=settings.api_base_url,
        gateway_url=settings.gateway_url,
        language=house.settings.language,
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


async def _nightly(house: House) -> Nightly:
    since = await house.facts.read(INSTALLED)
    if since is None:
        since = house.clock().isoformat()
        await house.facts.write(INSTALLED, since)
    return Nightly(
        Maintenance(indexer=house.indexer, store=house.store),
        runs=Runs(house.database),
        at=house.settings.nightly.at,
        timezone=house.timezone,
        since=datetime.fromisoformat(since),
        clock=house.clock,
    )


async def _look_after(house: House, nightly: Nightly) -> None:
    """End a forgetting that a crash interrupted, mend what it left between the two stores, then keep the clock."""
    await asyncio.to_thread(language.load)
    try:
        await house.forgetting.resume()
        await house.indexer.repair()
    except (DatabaseError, EmbedderUnavailable, MemoryStoreError) as error:
        log.error("memory is not mended", error=str(error), hint=error.hint)  # the night tries again; talking goes on
    await ticking(nightly)


async def _invite_first_admin(house: House, *, terminal: bool) -> None:
    """Whoever sends this code first administers Martín; the terminal's user does so already."""
    if terminal and not house.settings.platforms:
        return
    code = await house.pairing.first_admin_code(now=house.clock())
    if code is not None:
        print(say(house.settings.language, "core-first-admin", code=code), file=sys.stderr)  # noqa: T201  for the owner


def _readiness(house: House) -> Callable[[], Mapping[str, bool]]:
    return lambda: {"embedding": house.embedder.is_ready}
