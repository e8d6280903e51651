"""Commands about the house itself: doctor, setup, pair."""

import asyncio
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import BotError, ConfigError
from cli.showing import Json, now, print_json, settings_of, stdout

if TYPE_CHECKING:
    from bot.doctor import Finding


def doctor(context: typer.Context, json: Json = False) -> None:
    """Check everything Martín needs; each finding with its mend. Exit 1 if he could not work."""
    from bot import doctor as checkup
    from bot.i18n import say
    from cli.checks import checks

    language = "es"
    try:
        settings = settings_of(context)
        language = settings.language
        findings = asyncio.run(checkup.examine(checks(settings, config=context.find_root().obj), language=language))
    except ConfigError as error:
        findings = [checkup.problem("config", line, error.hint) for line in error.message.splitlines()]
    works = checkup.can_work(findings)
    if json:
        print_json({"works": works, "findings": findings})
    else:
        _show(findings, language=language)
        stdout().print(say(language, "doctor-works" if works else "doctor-fails"))
    raise typer.Exit(0 if works else 1)


def _show(findings: "Sequence[Finding]", *, language: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from bot.doctor import Level
    from bot.i18n import say

    marks = {Level.GOOD: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.PROBLEM: ("✗", "bold red")}
    table = Table(title=say(language, "doctor-title"), title_justify="left", box=None, pad_edge=False)
    for heading in ("", *(say(language, f"doctor-{part}") for part in ("about", "found", "mend"))):
        table.add_column(heading)
    for finding in findings:
        mark, style = marks[finding.level]
        table.add_row(Text(mark, style=style), Text(finding.about), Text(finding.text), Text(finding.mend, style="dim"))
    stdout().print(table)


class _Prompts:
    """Asks at the terminal; where there is none, reads standard input a line at a time. The end of it is Enter."""

    def text(self, question: str, *, default: str) -> str:
        return self._line(f"{question} [{default}]: " if default else f"{question}: ") or default

    def choice(self, question: str, *, options: Sequence[str], default: str) -> str:
        while (said := self.text(question, default=default)) not in options:
            self.tell(" · ".join(options))
        return said

    def secret(self, question: str) -> str:
        return getpass.getpass(f"{question}: ") if sys.stdin.isatty() else self._line(f"{question}: ")

    def tell(self, text: str) -> None:
        typer.echo(text)

    def _line(self, prompt: str) -> str:
        try:
            return input(prompt).strip()
        except EOFError:
            return ""


def setup(context: typer.Context) -> None:
    """Ask what Martín must know, and write config.toml and .env."""
    from adapters.setup import Known, ask
    from bot.i18n import say
    from settings import SECRETS, Settings, load, write

    named = context.find_root().obj or os.environ.get("MARTIN_CONFIG") or "config.toml"
    config = Path(named)
    before = load(config) if config.is_file() else Settings()
    given = {name for name, (section, key) in SECRETS.items() if getattr(getattr(before, section), key) is not None}
    answers = ask(
        _Prompts(),
        Known(
            language=before.language,
            name=before.persona.name,
            provider=before.model.provider,
            model=before.model.name,
            base_url=before.model.base_url,
            gguf=before.model.gguf,
            admins=before.access.admins,
            secrets=frozenset(given),
        ),
    )
    changed = write(answers.settings, answers.secrets, config=config)
    if config.is_file():
        load(config)  # what was just written must be right, or be told
    language = str(answers.settings.get(("language",), before.language))
    files = ", ".join(str(file) for file in changed)
    typer.echo(say(language, "setup-written", files=files) if changed else say(language, "setup-unchanged"))
    typer.echo(say(language, "setup-next"))


def pair(context: typer.Context, code: Annotated[str, typer.Argument(help="The code a stranger was given.")]) -> None:
    """Let in the stranger who was given CODE."""
    from bot.i18n import say
    from house import build

    settings = settings_of(context)

    async def approve() -> str:
        async with build(settings) as house:
            petition = await house.pairing.approve(code, by=None, now=now())
        if petition is None:
            raise BotError(
                "Nobody waits with that code.", hint="It is good for 10 minutes and once; the stranger can ask anew."
            )
        return say(settings.language, "cli-paired", name=petition.name, account=str(petition.account))

    stdout().print(asyncio.run(approve()), markup=False, highlight=False)
