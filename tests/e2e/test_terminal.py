"""The terminal, as a program sees it: one line in, one reply out."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.e2e.program import MARTIN


async def _chat(folder: Path, lines: str) -> tuple[int, str, str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MARTIN", "TELEGRAM", "DISCORD"))},
        "MARTIN__STORAGE__DATA_DIR": str(folder / "data"),
        "MARTIN__MODEL__PROVIDER": "none",
    }
    process = await asyncio.create_subprocess_exec(
        MARTIN,
        "chat",
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        out, err = await process.communicate(lines.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_without_a_model_he_answers_from_memory_and_a_new_process_still_knows(tmp_path: Path) -> None:
    code, out, _ = await _chat(tmp_path, "Mi perro se llama Toby y nació en Cádiz\n¿Cómo se llama mi perro?\n")
    assert code == 0
    assert "Toby" in out.splitlines()[-1]
    code, out, _ = await _chat(tmp_path, "¿Dónde nació mi perro?\n")
    assert code == 0
    assert "Cádiz" in out


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_second_martin_in_the_same_folder_is_refused_naming_the_first(tmp_path: Path) -> None:
    first = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from pathlib import Path; from memory.lock import held\n"
        "with held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()",
        str(tmp_path / "data"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert first.stdout is not None
    try:
        assert (await first.stdout.readline()).strip() == b"held"
        code, out, err = await _chat(tmp_path, "Hola\n")
        assert code == 1
        assert out == ""
        assert str(first.pid) in err
        assert "storage.data_dir" in err
    finally:
        first.kill()
        await first.wait()
