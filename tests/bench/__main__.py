"""Run every bench beside this file, one process each: `python -m tests.bench [--only NAME] [--full]`.

A bench is a module that prints its table and ends with one line of JSON holding its figures. `--full` is handed on to
it. The last line of each is kept in `.bench/`; a full run that was stopped goes on where it was, and begins anew once
every bench has been run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
KEPT = ROOT / ".bench"


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def figures(output: str) -> dict[str, object] | None:
    """The JSON of the last line, or None where there is none."""
    lines = output.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def run(name: str, *, full: bool) -> bool:
    """Run one bench, showing what it prints, and keep its figures. Whether it ended well."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *(["--full"] if full else [])]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    found = figures("".join(lines))
    if process.returncode or found is None:
        print(f"{name}: no figures (exit {process.returncode})", file=sys.stderr)
        return False
    found["seconds"] = round(time.monotonic() - started, 1)
    kept(name, full=full).write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    return True


def kept(name: str, *, full: bool) -> Path:
    return KEPT / f"{name}.{'full' if full else 'short'}.json"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench")
    arguments.add_argument("--only", choices=names())
    arguments.add_argument("--full", action="store_true")
    asked = arguments.parse_args()

    KEPT.mkdir(exist_ok=True)
    finished = KEPT / "finished"
    chosen = [asked.only] if asked.only else names()
    if asked.full and not asked.only:
        if finished.exists():
            finished.unlink()
            for name in chosen:
                kept(name, full=True).unlink(missing_ok=True)
        chosen = [name for name in chosen if not kept(name, full=True).exists()]

    failed = []
    for name in chosen:
        print(f"── {name}", flush=True)
        if not run(name, full=asked.full):
            failed.append(name)
    if asked.full and not asked.only and not failed:
        finished.touch()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
