"""Draw the conversation in README.md: `python -m tests.picture`.

A real one: the lines go into the real program, started twice, with no model; what it answers is what is drawn.
"""

import os
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "conversation.svg"
SESSIONS = (
    ("Mi perro se llama Toby y nació en Cádiz", "El sábado vamos a la playa de Bolonia con Marta"),
    ("¿Cómo se llama mi perro?", "¿A qué playa vamos el sábado?"),
)
"""What is said, by session: in the second, nothing but the memory is left of the first."""


def answers(lines: tuple[str, ...], *, folder: str) -> list[str]:
    """What Martín says to each line, one start for all of them."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MARTIN__MODEL__PROVIDER": "none"}
    ran = subprocess.run(
        [sys.executable, "-c", "from cli import main; main()", "chat"],
        cwd=folder,
        env=environment,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip().splitlines()


def draw() -> str:
    console = Console(record=True, width=84, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, said in enumerate(SESSIONS):
            if number:
                console.rule("y tras reiniciar", style="dim")
                console.print()
            replies = answers(said, folder=folder)
            if len(replies) != len(said):
                raise SystemExit(f"{len(said)} lines were said, and {len(replies)} answered: {replies}")
            for line, reply in zip(said, replies, strict=True):
                console.print(Text("› ", style="bold cyan") + Text(line))
                console.print(Padding(Markdown(reply), (0, 0, 1, 2)))
    return console.export_svg(title="martin chat")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(), encoding="utf-8")
