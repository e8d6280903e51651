from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.imports import irc
from adapters.imports.irc import WallClock, twelve_hours
from bot.errors import ImportRefused
from tests.adapters.imports.reading import said, skipped

LOG = """[23:58] <eva> anyone using grub?
=== pau [pau@example.org] has joined #ayuda
[23:59] <@pau> eva: yes
[00:01]  * eva smiles
"""


def log(folder: Path, name: str = "2024-05-31.ascii.txt", text: str = LOG) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_and_deeds_are_said_by_their_nicks(tmp_path: Path) -> None:
    turns = said(irc.read, log(tmp_path))
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("eva", "anyone using grub?"),
        ("pau", "eva: yes"),
        ("eva", "eva smiles"),
    ]
    assert len(skipped(irc.read, log(tmp_path))) == 1


def test_midnight_begins_the_next_day(tmp_path: Path) -> None:
    times = [turn.said_at for turn in said(irc.read, log(tmp_path))]
    assert times[0] == datetime(2024, 5, 31, 23, 58, tzinfo=UTC)
    assert times[-1] == datetime(2024, 6, 1, 0, 1, tzinfo=UTC)


def test_annotations_beside_the_log_link_answers(tmp_path: Path) -> None:
    (tmp_path / "2024-05-31.annotation.txt").write_text("0 0 -\n0 2 -\n2 3 -\n0 3 -\n", encoding="utf-8")
    turns = said(irc.read, log(tmp_path))
    assert [(turn.external_id, turn.answers) for turn in turns] == [("0", ()), ("2", ("0",)), ("3", ("2", "0"))]


def test_a_12_hour_log_runs_forwards() -> None:
    assert twelve_hours([11, 12, 1, 2])
    assert not twelve_hours([11, 12, 13])
    assert not twelve_hours([0, 1])
    clock = WallClock(date(2024, 5, 31), twelve_hours=True, zone=UTC)
    hours = [clock.at(hour, 0, 0) for hour in (12, 1, 11, 12, 1, 12)]
    assert [moment and (moment.day, moment.hour) for moment in hours] == [
        (31, 0),
        (31, 1),
        (31, 11),
        (31, 12),
        (31, 13),
        (1, 0),
    ]


def test_a_log_without_a_date_says_how_to_give_it_one(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"Put the date in its name"):
        said(irc.read, log(tmp_path, name="ayuda.txt"))


def test_dates_in_the_lines_do(tmp_path: Path) -> None:
    path = log(tmp_path, name="ayuda.txt", text="2024-05-31 10:11:12 <eva> hola\n")
    assert [turn.said_at for turn in said(irc.read, path)] == [datetime(2024, 5, 31, 10, 11, 12, tzinfo=UTC)]
