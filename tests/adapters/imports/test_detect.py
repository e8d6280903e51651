from pathlib import Path

import pytest

from adapters.imports.detect import reader
from adapters.imports.source import Source
from bot.errors import ImportRefused
from tests.adapters.imports.reading import NOW, PAYLOADS


def detected(path: Path) -> str:
    return reader(Source(path=path, zone=NOW.tzinfo, now=NOW))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "format_name"),
    [
        ("telegram-chat.json", "telegram"),
        ("telegram-account.json", "telegram"),
        ("discord.json", "discord"),
        ("chatgpt.json", "chatgpt"),
        ("exchanges.jsonl", "jsonl"),
        ("WhatsApp Chat with Ana.txt", "whatsapp"),
        ("_chat.txt", "whatsapp"),
    ],
)
def test_each_format_is_told_from_its_first_bytes(name: str, format_name: str) -> None:
    assert detected(PAYLOADS / name) == format_name


def test_irc_and_locomo_are_told(tmp_path: Path) -> None:
    (tmp_path / "2024-05-31.txt").write_text("=== a has joined\n[12:18] <a> hi\n", encoding="utf-8")
    (tmp_path / "locomo.json").write_text('[{"sample_id": "x", "conversation": {"session_1": []}}]', encoding="utf-8")
    assert detected(tmp_path / "2024-05-31.txt") == "irc"
    assert detected(tmp_path / "locomo.json") == "locomo"


def test_an_unknown_file_is_refused_with_the_known_formats(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("una lista de la compra\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"telegram, discord, whatsapp"):
        detected(tmp_path / "x.txt")


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(ImportRefused, match=r"Unpack it"):
        detected(tmp_path / "x.zip")
