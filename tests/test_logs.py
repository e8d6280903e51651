"""The log: a secret turns up nowhere in it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import logs

SECRET = "123456:AAEhBOweik6ad"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure(level="info", style="json", secrets=[SECRET, ""], file=tmp_path / "logs" / "martin.log")
    yield tmp_path / "logs" / "martin.log"
    for handler in logging.getLogger().handlers:
        handler.close()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def test_a_secret_is_blotted_out_however_deep_it_stands(file: Path) -> None:
    log = structlog.get_logger("martin")
    log.info("connected", url=f"https://api/bot{SECRET}/getMe", error=OSError(f"no route to bot{SECRET}"))
    log.info("nested", body={"tokens": [SECRET, {"deep": f"bot{SECRET}"}]}, count=3)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
    logging.getLogger("a.library").warning("POST %s", f"https://api/bot{SECRET}/sendMessage")
    written = file.read_text(encoding="utf-8")
    assert SECRET not in written
    first, second, *_ = [json.loads(line) for line in written.splitlines()]
    assert first["url"] == "https://api/bot***/getMe"
    assert second["body"] == {"tokens": ["***", {"deep": "bot***"}]}
    assert second["count"] == 3


def test_what_is_below_the_level_and_libraries_chatter_are_left_out(file: Path) -> None:
    structlog.get_logger("martin").debug("what was said")
    logging.getLogger("httpx").info("GET")
    assert file.read_text(encoding="utf-8") == ""
