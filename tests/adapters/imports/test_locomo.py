import json
from datetime import UTC, datetime
from pathlib import Path

from adapters.imports import locomo
from adapters.imports.locomo import began_at
from tests.adapters.imports.reading import said, skipped


def sample(folder: Path) -> Path:
    path = folder / "locomo.json"
    talk = {
        "speaker_a": "Ana",
        "speaker_b": "Ben",
        "session_2_date_time": "12:09 am on 13 September, 2023",
        "session_2": [{"speaker": "Ana", "dia_id": "D2:1", "text": "Still there?"}],
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ana", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a photo of a dog", "query": "dog"},
            {"speaker": "Ben", "dia_id": "D1:2", "text": "Lovely."},
        ],
        "session_3_date_time": "some day",
        "session_3": [{"speaker": "Ana", "dia_id": "D3:1", "text": "Lost."}],
    }
    path.write_text(json.dumps([{"sample_id": "conv-1", "conversation": talk, "qa": []}]), encoding="utf-8")
    return path


def test_sessions_run_in_order_with_dialogue_ids_and_captions(tmp_path: Path) -> None:
    turns = said(locomo.read, sample(tmp_path))
    assert [(turn.external_id, turn.session, turn.text) for turn in turns] == [
        ("D1:1", "session_1", "Look!\n📷 a photo of a dog"),
        ("D1:2", "session_1", "Lovely."),
        ("D2:1", "session_2", "Still there?"),
    ]
    assert str(turns[0].conversation.scope) == "place:locomo:conv-1"


def test_turns_of_a_session_follow_a_second_apart(tmp_path: Path) -> None:
    first, second, _ = said(locomo.read, sample(tmp_path))
    assert first.said_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert (second.said_at - first.said_at).total_seconds() == 1


def test_a_session_without_a_readable_date_is_reported(tmp_path: Path) -> None:
    (row,) = skipped(locomo.read, sample(tmp_path))
    assert "session_3_date_time" in row.why


def test_midnight_and_noon_are_told_apart() -> None:
    assert began_at("12:09 am on 13 September, 2023", zone=UTC) == datetime(2023, 9, 13, 0, 9, tzinfo=UTC)
    assert began_at("12:09 pm on 13 September, 2023", zone=UTC) == datetime(2023, 9, 13, 12, 9, tzinfo=UTC)
    assert began_at("25:09 pm on 31 February, 2023", zone=UTC) is None
