from datetime import UTC, datetime
from pathlib import Path

from adapters.imports import jsonl
from memory.records import Role
from tests.adapters.imports.reading import NOW, said, skipped


def test_a_line_is_a_question_and_its_answer() -> None:
    asked, answer = said(jsonl.read, "exchanges.jsonl")[:2]
    assert (asked.speaker, asked.role, asked.text) == ("Ana", Role.USER, "¿Capital de Francia?")
    assert (answer.role, answer.text, answer.answers) == (Role.ASSISTANT, "París", (asked.external_id,))
    assert asked.said_at == datetime(2024, 2, 3, 3, 5, 6, tzinfo=UTC)


def test_a_line_without_a_time_was_said_now() -> None:
    assert said(jsonl.read, "exchanges.jsonl")[2].said_at == NOW


def test_each_broken_line_is_named_with_its_fault() -> None:
    faults = [(row.where, row.why.partition(":")[0]) for row in skipped(jsonl.read, "exchanges.jsonl")]
    assert faults == [
        ("line 4", 'it needs "input" and "response", both with text'),
        ("line 5", "it is not JSON"),
        ("line 6", '"when" is not an ISO 8601 time'),
    ]


def test_the_same_line_twice_is_two_exchanges_that_keep_their_ids(tmp_path: Path) -> None:
    line = '{"input": "hola", "response": "buenas"}\n'
    (tmp_path / "a.jsonl").write_text(line * 2, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(line * 3, encoding="utf-8")
    two = [turn.external_id for turn in said(jsonl.read, tmp_path / "a.jsonl")]
    three = [turn.external_id for turn in said(jsonl.read, tmp_path / "b.jsonl")]
    assert len(set(two)) == 4
    assert three[:4] == two
