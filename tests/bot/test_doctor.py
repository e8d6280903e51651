"""The doctor: findings, and that a check can fail without taking the others with it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import doctor
from bot.doctor import Finding, Level, can_work, examine
from bot.errors import ModelUnreachable


async def well() -> Sequence[Finding]:
    return [doctor.good("one", "fine")]


async def ill() -> Sequence[Finding]:
    raise ModelUnreachable("No Ollama answers.", hint="Start it with 'ollama serve'.")


async def asleep() -> Sequence[Finding]:
    await asyncio.Event().wait()
    return []


async def test_an_error_of_ours_is_a_finding_with_its_mend_and_the_rest_goes_on() -> None:
    first, second = await examine({"model": ill, "one": well}, language="es")
    assert (first.about, first.level, first.mend) == ("model", Level.PROBLEM, "Start it with 'ollama serve'.")
    assert second.level is Level.GOOD
    assert not can_work([first, second])


async def test_a_file_that_the_system_refuses_is_a_finding() -> None:
    async def closed() -> Sequence[Finding]:
        raise PermissionError(13, "Permission denied", "data/martin.db")

    (found,) = await examine({"database": closed}, language="es")
    assert found.level is Level.PROBLEM
    assert found.text == "No puedo usar data/martin.db: Permission denied."
    assert found.mend


async def test_a_check_that_never_ends_is_a_finding() -> None:
    (found,) = await examine({"net": asleep}, language="es", patience=0.01)
    assert found.level is Level.PROBLEM
    assert found.mend


async def test_what_only_warns_does_not_stop_him() -> None:
    assert can_work([doctor.warning("disk", "little", "free some"), doctor.good("one", "fine")])


async def test_a_fault_of_ours_is_not_dressed_up_as_a_finding() -> None:
    async def wrong() -> Sequence[Finding]:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the kind is the point: it is nobody's mistake but ours
        await examine({"x": wrong}, language="es")


async def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    (found,) = await doctor.disk(tmp_path / "new" / "data", language="es")
    assert found.level in {Level.GOOD, Level.WARNING}
    assert (tmp_path / "new" / "data").stat().st_mode & 0o077 == 0


async def test_a_data_folder_that_cannot_be_had_is_a_problem_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = await doctor.disk(tmp_path / "file" / "data", language="es")
    assert found.level is Level.PROBLEM
    assert "storage.data_dir" in found.mend


async def test_a_disk_nearly_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE", 2**63)
    (found,) = await doctor.disk(tmp_path, language="en")
    assert (found.level, bool(found.mend)) == (Level.WARNING, True)
    monkeypatch.setattr(doctor, "NOTHING", 2**63)
    (found,) = await doctor.disk(tmp_path, language="en")
    assert found.level is Level.PROBLEM


async def test_a_database_that_opens_is_good_and_one_that_is_none_is_a_problem(tmp_path: Path) -> None:
    async def look(url: str) -> Finding:
        (found,) = await examine({"database": lambda: doctor.database(url, language="es")}, language="es")
        return found

    assert (await look(f"sqlite+aiosqlite:///{tmp_path / 'martin.db'}")).level is Level.GOOD
    (tmp_path / "broken.db").write_bytes(b"this is no database, whatever its name says" * 100)
    broken = await look(f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}")
    assert (broken.level, bool(broken.mend)) == (Level.PROBLEM, True)
