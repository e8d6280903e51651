"""The program `martin`: its commands by name, and what becomes of an error that reaches the top."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import ConfigError
from cli import memories, upkeep
from cli.showing import explained, settings_of, stderr

app = typer.Typer(
    name="martin",
    help="Martín, a chat bot that remembers. Without a command: every platform that has a token, else this terminal.",
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def start(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="Settings file; default ./config.toml.")
    ] = None,
) -> None:
    context.obj = config
    if context.invoked_subcommand is None:
        (run if settings_of(context).platforms else chat)(context)


@app.command()
def chat(context: typer.Context) -> None:
    """Talk in this terminal; piped in, one message a line."""
    settings = settings_of(context)

    import main as root

    asyncio.run(root.chat(settings))


@app.command()
def run(context: typer.Context) -> None:
    """Serve every platform that has a token, and do the night's work."""
    settings = settings_of(context)
    if not settings.platforms:
        raise ConfigError(
            "No platform to serve: no token is set.",
            hint="Run 'martin setup', or put TELEGRAM_TOKEN or DISCORD_TOKEN in .env. 'martin chat' needs none.",
        )

    import main as root

    asyncio.run(root.run(settings))


app.command()(upkeep.doctor)
app.command()(upkeep.setup)
app.command()(upkeep.pair)
app.command()(memories.recall)
app.command("import")(memories.import_)
app.add_typer(memories.export)
app.command()(memories.forget)


def main() -> None:
    """Run the command line. Exit codes: 0 well, 1 an error that can be explained, 2 wrong usage or settings."""
    try:
        app()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        found = explained(error)
        if found is None:
            raise
        text, hint = found
        mend = f"\n  [dim]{hint}[/]" if hint else ""
        stderr().print(f"[bold red]✗[/] {text}{mend}", highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
