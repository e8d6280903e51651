"""kill -9 in the middle of a reply: the real program, restarted, loses nothing and says nothing twice."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.opened import MODEL, PATIENCE
from tests.e2e.program import Program
from tests.fakes.ollama_server import Behaviour, OllamaServer
from tests.fakes.telegram_server import TOKEN, TelegramServer

WORDS = [f"palabra{number} " for number in range(60)]
PEOPLE = range(101, 106)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("drafts", [True, False], ids=["drafts", "edits"])
async def test_killed_in_the_middle_of_replies_everybody_is_answered_once(tmp_path: Path, drafts: bool) -> None:
    behaviour = Behaviour(answers=["".join(WORDS)], tokens_per_second=20)
    async with TelegramServer(has_drafts=drafts) as server, OllamaServer(MODEL, behaviour=behaviour) as model:
        program = Program(
            tmp_path,
            {
                "TELEGRAM_TOKEN": TOKEN,
                "MARTIN__TELEGRAM__API_BASE_URL": server.url,
                "MARTIN__MODEL__PROVIDER": "ollama",
                "MARTIN__MODEL__BASE_URL": model.url,
                "MARTIN__MODEL__NAME": MODEL,
                "MARTIN__ACCESS__POLICY": "open",
            },
        )
        await program.start()
        try:
            for person in PEOPLE:
                await server.inject("Cuéntame algo largo", chat=person)
            await server.wait_for(lambda: model.active == len(PEOPLE), seconds=PATIENCE)
            await asyncio.sleep(0.5)
            await program.kill()
            assert any(
                "palabra" in text for text in [draft.text for draft in server.drafts] + [s.text for s in server.sent]
            )
            await program.start()
            await server.wait_for(lambda: all(_whole(server, person) for person in PEOPLE), seconds=PATIENCE)
            await asyncio.sleep(0.5)
        finally:
            await program.kill()
        for person in PEOPLE:
            assert len(_whole(server, person)) == 1, program.log
            assert len(server.shown(person)) == 1, [sent.text for sent in server.shown(person)]


def _whole(server: TelegramServer, person: int) -> list[str]:
    return [sent.text for sent in server.shown(person) if sent.text == "".join(WORDS).strip()]
