"""What Martín costs beyond the model: waiting, CPU, calls and memory, over real sockets.

The real program in a process of its own, a strict Telegram in this one, an Ollama of 200 ms to the first token and 50
tokens/s for 100 tokens in a third. Chats write in the same instant; times are what the person sees beyond what the
model takes by itself.

    python -m tests.bench.overhead [--full]
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.e2e.program import Program, running
from tests.fakes.telegram_rules import FloodLimits
from tests.fakes.telegram_server import ANA, TOKEN, TelegramServer

FIRST_TOKEN = 0.2
TOKENS = 100
TOKENS_PER_SECOND = 50
LAST_TOKEN = FIRST_TOKEN + (TOKENS - 1) / TOKENS_PER_SECOND
LAST_WORD = f"palabra{TOKENS - 1}"
CHATS = (1, 50, 200)
STRANGERS = itertools.count(10_000)  # nobody writes twice: the first message of all is the dearest
QUESTION = "¿Qué me dijiste ayer del viaje a Lisboa con mi hermana?"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run of one size."""

    chats: int
    limits: bool
    lost: int
    doubled: int
    first_p50: float  # milliseconds beyond the model's own
    first_p95: float
    final_p50: float
    final_p95: float
    cpu_ms: float  # of the program, a message
    calls: float  # of the Bot API, a message
    peak_mb: float


@asynccontextmanager
async def ollama() -> AsyncIterator[str]:
    """The model server, in a process of its own. Yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.ollama_server",
        f"--first-token-ms={FIRST_TOKEN * 1000}",
        f"--tokens-per-second={TOKENS_PER_SECOND}",
        f"--tokens={TOKENS}",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def measure(server: TelegramServer, program: Program, *, chats: int, limits: bool) -> Measured:
    """Let `chats` people write in the same instant, and wait until each has the whole answer."""
    server.limits = FloodLimits() if limits else None
    people = [next(STRANGERS) for _ in range(chats)]
    sent_before, drafts_before, calls_before = len(server.sent), len(server.drafts), sum(server.calls.values())
    polls_before = server.calls["getUpdates"]
    cpu_before = sum(program.process.cpu_times()[:2])
    written: dict[int, float] = {}
    for person in people:
        written[person] = time.time()
        await server.inject(QUESTION, chat=person, user={**ANA, "id": person})
    waiting, peak = set(people), 0.0
    deadline = time.time() + 60 + (chats / 5 if limits else 0)
    while waiting and time.time() < deadline:
        await asyncio.sleep(0.1)
        waiting -= {each.chat for each in server.sent[sent_before:] if LAST_WORD in each.text}
        peak = max(peak, program.process.memory_info().rss / 1e6)
    await asyncio.sleep(1.0)  # a doubled answer would come now
    cpu = sum(program.process.cpu_times()[:2]) - cpu_before
    first: dict[int, float] = {}
    final: dict[int, float] = {}
    answers: dict[int, int] = {}
    for draft in server.drafts[drafts_before:]:
        first[draft.chat] = min(first.get(draft.chat, draft.at), draft.at)
    for message in server.sent[sent_before:]:
        first[message.chat] = min(first.get(message.chat, message.versions[0].at), message.versions[0].at)
        answers[message.chat] = answers.get(message.chat, 0) + 1
        whole = [version.at for version in message.versions if LAST_WORD in version.text]
        if whole:
            final[message.chat] = whole[0]
    over_first = [(at - written[chat] - FIRST_TOKEN) * 1000 for chat, at in first.items()]
    over_final = [(at - written[chat] - LAST_TOKEN) * 1000 for chat, at in final.items()]
    polls = server.calls["getUpdates"] - polls_before
    return Measured(
        chats=chats,
        limits=limits,
        lost=chats - len(final),
        doubled=sum(count - 1 for count in answers.values()),
        first_p50=quantile(over_first, 0.5),
        first_p95=quantile(over_first, 0.95),
        final_p50=quantile(over_final, 0.5),
        final_p95=quantile(over_final, 0.95),
        cpu_ms=cpu * 1000 / chats,
        calls=(sum(server.calls.values()) - calls_before - polls) / chats,
        peak_mb=peak,
    )


def quantile(values: list[float], share: float) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


async def bench(rounds: int) -> list[Measured]:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        async with TelegramServer() as server, ollama() as model_url:
            environment = {
                "TELEGRAM_TOKEN": TOKEN,
                "MARTIN__TELEGRAM__API_BASE_URL": server.url,
                "MARTIN__MODEL__PROVIDER": "ollama",
                "MARTIN__MODEL__BASE_URL": model_url,
                "MARTIN__MODEL__NAME": "martin-bench",
                "MARTIN__ACCESS__POLICY": "open",
            }
            async with running(Path(folder), environment) as program:
                await warmed(server)
                for limits in (False, True):
                    for chats in CHATS:
                        runs = [await measure(server, program, chats=chats, limits=limits) for _ in range(rounds)]
                        results.append(sorted(runs, key=lambda run: run.first_p50)[len(runs) // 2])
    return results


async def warmed(server: TelegramServer) -> None:
    """Everything is loaded once a first answer has come."""
    for person in range(9_000, 9_003):
        await server.inject(QUESTION, chat=person, user={**ANA, "id": person})
    await server.wait_for(lambda: sum(LAST_WORD in each.text for each in server.sent) == 3, seconds=90)


def table(results: list[Measured]) -> Table:
    shown = Table(title="Beyond the model's own 200 ms and 2.18 s")
    for heading in ("chats", "limits", "lost", "doubled", "first p50", "first p95", "final p50", "final p95"):
        shown.add_column(heading, justify="right")
    for heading in ("CPU/message", "API calls/message", "peak RSS"):
        shown.add_column(heading, justify="right")
    for each in results:
        shown.add_row(
            str(each.chats),
            "on" if each.limits else "off",
            str(each.lost),
            str(each.doubled),
            *(f"{value:.0f} ms" for value in (each.first_p50, each.first_p95, each.final_p50, each.final_p95)),
            f"{each.cpu_ms:.1f} ms",
            f"{each.calls:.1f}",
            f"{each.peak_mb:.0f} MB",
        )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="three rounds of each, the median shown")
    results = asyncio.run(bench(3 if parser.parse_args().full else 1))
    Console(width=150).print(table(results))
    figures = {
        f"{each.chats}{' limited' if each.limits else ''}": {
            name: round(value, 1) for name, value in vars(each).items() if name not in ("chats", "limits")
        }
        for each in results
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
