"""Commands about what is remembered: recall, import, export, forget."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from bot.errors import BotError
from cli.showing import Json, now, print_json, settings_of, stderr, stdout
from memory.records import Account, PersonId, Scope

if TYPE_CHECKING:
    from adapters.imports import ImportProgress, ImportReport
    from house import House
    from memory.forget import ForgetReport
    from memory.records import Hit, Memory


def _scope(text: str) -> Scope:
    try:
        return Scope.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


ScopeOption = Annotated[
    Scope | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        parser=_scope,
        help="Whose memory: person:NUMBER, or place:PLATFORM:CHAT.",
    ),
]
WHO = "Their number, or an account of theirs: telegram:123456789."

export = typer.Typer(name="export", help="Give somebody their data.", no_args_is_help=True)


def recall(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    scope: ScopeOption = None,
    words: Annotated[int, typer.Option(min=1, help="How many words to bring back at most.")] = 350,
    json: Json = False,
) -> None:
    """Show what Martín remembers about QUERY; without --scope, of this terminal's conversations."""
    from house import build

    settings = settings_of(context)

    async def ask() -> "Iterable[Hit]":
        async with build(settings) as house:
            where = scope or Scope.person(await _owner(house))
            await house.indexer.settled(where)
            return await house.recall.ask(query, scope=where, asker=None, now=now(), words=words)

    hits = list(asyncio.run(ask()))
    if json:
        print_json([{"score": hit.score, "memory": _shown(hit.memory), "around": _around(hit)} for hit in hits])
    else:
        _show(hits, zone=ZoneInfo(settings.timezone), language=settings.language)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An exported history, or a folder of them.")],
    scope: ScopeOption = None,
    me: Annotated[str, typer.Option("--me", metavar="NAME", help="The name under which you speak in it.")] = "",
    format_name: Annotated[str, typer.Option("--format", help="Where it is not seen from the file.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    json: Json = False,
) -> None:
    """Make memories of an exported history: Telegram, Discord, WhatsApp, ChatGPT, IRC, LoCoMo, JSONL."""
    from adapters.imports import import_file
    from house import build
    from memory import lock
    from memory.importing import Me

    settings = settings_of(context)

    async def take_in() -> "ImportReport":
        # Two processes that write would spoil what is remembered: a Martín who is running must be stopped first.
        with lock.held(settings.storage.data_dir), _Bar() as bar:
            async with build(settings) as house:
                return await import_file(
                    file,
                    database=house.database,
                    indexer=house.indexer,
                    scope=scope,
                    dry_run=dry_run,
                    now=now(),
                    zone=ZoneInfo(settings.timezone),
                    format=format_name or None,
                    me=Me(name=me, person=await _owner(house)) if me else None,
                    progress=bar.moved,
                )

    report = asyncio.run(take_in())
    if json:
        scopes = [{"scope": str(one.scope), "new": one.new, "known": one.known} for one in report.scopes]
        print_json(asdict(report) | {"scopes": scopes})
    else:
        _tell(report, language=settings.language)


@export.command()
def person(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="ID", help=WHO)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it, standard output.")] = None,
) -> None:
    """Everything kept about one person, as JSON."""
    from house import build
    from memory.export import export_person

    async def gather() -> bytes:
        async with build(settings_of(context)) as house:
            return (await export_person(house.database, await _person(house, who), now=now())).json

    content = asyncio.run(gather())
    if output is None:
        typer.echo(content.decode("utf-8"))
        return
    output.touch(mode=0o600)
    output.write_bytes(content)
    stderr().print(f"✓ {output}", markup=False)


def forget(
    context: typer.Context,
    who: Annotated[str, typer.Option("--person", metavar="ID", help=WHO)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget everything one person ever said, in every store. It cannot be undone."""
    from bot.i18n import say
    from house import build
    from memory import lock

    settings = settings_of(context)
    if not yes:
        typer.confirm(say(settings.language, "cli-forget-sure", who=who), abort=True, err=True)

    async def go() -> "ForgetReport":
        with lock.held(settings.storage.data_dir):
            async with build(settings) as house:
                return await house.forgetting.forget_person(await _person(house, who), by=None, now=now())

    report = asyncio.run(go())
    if json:
        print_json({"person": who} | asdict(report))
    else:
        told = say(settings.language, "cli-forgot", turns=report.turns, answers=report.answers)
        stdout().print(told, markup=False, highlight=False)


async def _owner(house: "House") -> PersonId:
    """Whoever talks in this terminal."""
    from adapters.console import login
    from house import TERMINAL

    found = await house.people.find(Account(platform=TERMINAL, user_id=login()))
    if found is None:
        raise BotError("Nobody has talked in this terminal yet.", hint="Name whose memory you mean with --scope.")
    return found.id


async def _person(house: "House", who: str) -> PersonId:
    """The person with that number or that account."""
    platform, _, user_id = who.partition(":")
    if user_id:
        found = await house.people.find(Account(platform=platform, user_id=user_id))
    else:
        numbered = who.isascii() and who.isdigit() and len(who) < 19  # a longer number fits into no column
        found = await house.people.get(PersonId(int(who))) if numbered else None
    if found is None:
        raise BotError(f"There is nobody {who}.", hint=WHO)
    return found.id


def _shown(memory: "Memory") -> dict[str, object]:
    return {
        "id": memory.id,
        "scope": str(memory.scope),
        "said_at": memory.said_at,
        "speaker": memory.speaker,
        "role": memory.role,
        "text": memory.text,
    }


def _around(hit: "Hit") -> list[dict[str, object]]:
    return [_shown(memory) for memory in hit.neighbours]


def _show(hits: "Iterable[Hit]", *, zone: ZoneInfo, language: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from bot.i18n import say

    table = Table(box=None, pad_edge=False, show_header=False)
    for hit in hits:
        for memory in sorted((hit.memory, *hit.neighbours), key=lambda memory: memory.id):
            style = "" if memory is hit.memory else "dim"
            when = f"{memory.said_at.astimezone(zone):%Y-%m-%d %H:%M}"
            table.add_row(*(Text(cell, style=style) for cell in (when, memory.speaker, memory.text)))
        table.add_section()
    if table.row_count:
        stdout().print(table)
    else:
        stderr().print(say(language, "cli-recall-none"))


def _tell(report: "ImportReport", *, language: str) -> None:
    from bot.i18n import say

    key = "cli-import-would" if report.dry_run else "cli-imported"
    formats, seconds = ", ".join(report.formats), round(report.seconds, 1)
    rate = round(report.new / report.seconds) if report.seconds else 0
    lines = [
        *(
            say(language, "cli-import-scope", scope=str(one.scope), new=one.new, known=one.known)
            for one in report.scopes
        ),
        say(language, key, new=report.new, formats=formats, seconds=seconds, rate=rate),
    ]
    if report.skipped:
        skipped = ", ".join(f"{count} {reason}" for reason, count in report.skipped.items())
        lines.append(say(language, "cli-import-left-out", skipped=skipped))
    for line in lines:
        stdout().print(line, markup=False, highlight=False)
    for row in report.unreadable:
        stderr().print(f"{row.where}: {row.why}", markup=False, highlight=False)


class _Bar:
    """A progress bar on standard error, where somebody watches it."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[turns]} turns"),
            TimeRemainingColumn(),
            console=stderr(),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, turns=0)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._progress.stop()

    def moved(self, to: "ImportProgress") -> None:
        from rich.markup import escape

        self._progress.update(
            self._task, description=escape(to.file), completed=to.position, total=to.size, turns=to.turns
        )
