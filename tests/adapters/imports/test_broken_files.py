"""Whatever a file holds, a reader yields rows or refuses: it never raises anything else, and never hangs."""

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.imports.detect import READERS, reader
from adapters.imports.replies import linked
from adapters.imports.source import Source
from bot.errors import ImportRefused
from memory.importing import ImportedTurn
from tests.adapters.imports.reading import NOW, PAYLOADS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = [
    "messages",
    "id",
    "type",
    "date",
    "text",
    "from",
    "mapping",
    "current_node",
    "parent",
    "message",
    "author",
    "role",
    "user",
    "content",
    "parts",
    "conversation",
    "session_1",
    "session_1_date_time",
    "dia_id",
    "input",
    "response",
    "when",
    "guild",
    "channel",
    "timestamp",
    "attachments",
    "poll",
    "answers",
    "chats",
    "list",
]
KEYED = st.recursive(
    JSON | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=8),
    max_leaves=25,
)
LINES = st.lists(
    st.sampled_from(
        [
            "[12:18] <a> b",
            "[99:99] <a> b",
            "=== x",
            "31/12/23, 23:59 - A: x",
            "99/99/99, 9:99 - A: x",
            "[1/1/1, 1:11:11] A:",
        ]
    )
    | st.text(max_size=40),
    max_size=12,
).map("\n".join)


def swallow(format_name: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "2024-05-31.ascii.txt"
        path.write_bytes(content)
        with suppress(ImportRefused):
            for item in linked(READERS[format_name](Source(path=path, zone=NOW.tzinfo, now=NOW))):  # type: ignore[arg-type]
                if isinstance(item, ImportedTurn):
                    assert item.text
                    assert item.text.encode()
                    assert item.said_at.utcoffset() is not None
                    assert str(item.conversation.scope)
                    assert 0 < len(item.external_id) <= 128


@pytest.mark.parametrize("format_name", READERS)
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300) | LINES.map(str.encode))
def test_any_bytes_are_read_or_refused(format_name: str, content: bytes) -> None:
    swallow(format_name, content)


@pytest.mark.parametrize("format_name", ["telegram", "discord", "chatgpt", "jsonl", "locomo"])
@settings(max_examples=100, deadline=None)
@given(value=KEYED, wrap=st.sampled_from(["%s", "[%s]", '{"messages": [%s]}', '[{"mapping": {"a": %s}}]']))
def test_any_json_is_read_or_refused(format_name: str, value: object, wrap: str) -> None:
    swallow(format_name, (wrap % json.dumps(value)).encode())


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_file_has_a_format_or_is_refused(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        path.write_bytes(content)
        with suppress(ImportRefused):
            assert reader(Source(path=path, zone=NOW.tzinfo, now=NOW))[0] in READERS  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["telegram-chat.json", "discord.json", "chatgpt.json"])
def test_a_file_cut_short_says_where(tmp_path: Path, name: str) -> None:
    whole = (PAYLOADS / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: len(whole) * 2 // 3])
    source = Source(path=path, zone=NOW.tzinfo, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(ImportRefused, match=r"before byte \d+.*Export it again"):
        list(reader(source)[1](source))


def test_deep_nesting_and_endless_numbers_are_harmless() -> None:
    swallow("jsonl", b'{"input":' * 100_000)
    swallow("telegram", b'{"messages":' + b"[" * 100_000)
    swallow("telegram", b'{"id": ' + b"9" * 100_000 + b"}")
    swallow("discord", b'{"messages": [{"id": 1e999999, "type": "Default", "timestamp": 1e99}]}')
