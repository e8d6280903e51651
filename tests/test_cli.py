"""The command line from outside: what it prints, where, and how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NO_EMBEDDING = {"MARTIN__EMBEDDING__MODEL": "./none"}  # where no vector is needed, no time goes into the model
MARTIN = [sys.executable, "-c", "from cli import main; main()"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def martin(*arguments: str, folder: Path, stdin: str = "", **environ: str) -> Ended:
    """Run the program in `folder` with nothing of ours in its environment but `environ`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARTIN", "TELEGRAM", "DISCORD"))}
    environment = kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"} | environ
    ran = subprocess.run(
        [*MARTIN, *arguments], cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    return Ended(code=ran.returncode, out=ran.stdout, err=ran.stderr)


def levels(findings: Sequence[dict[str, str]]) -> dict[str, str]:
    return {finding["about"]: finding["level"] for finding in findings}


def test_help_comes_at_once_and_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys, time; began = time.perf_counter(); sys.argv = ['martin', '--help']\n"
        "from cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'lancedb', 'telegram', 'discord', 'sqlalchemy', 'openai'} & set(sys.modules)\n"
        "print(time.perf_counter() - began, *heavy, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
    )
    seconds, *heavy = ran.stderr.split()
    assert heavy == []
    assert float(seconds) < 1.5  # 0.2 s on an idle machine
    assert "doctor" in ran.stdout


def test_wrong_settings_end_it_with_one_line_each_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[model]\nnam = 'x'\n", encoding="utf-8")
    ended = martin("chat", folder=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "[model] has no key 'nam'. Did you mean 'name'?" in ended.err
    assert "Traceback" not in ended.err


def test_a_config_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    ended = martin("--config", "nowhere.toml", "chat", folder=tmp_path)
    assert ended.code == 2
    assert "nowhere.toml" in ended.err


def test_run_without_a_token_says_how_to_get_one(tmp_path: Path) -> None:
    ended = martin("run", folder=tmp_path)
    assert ended.code == 2
    assert "martin setup" in ended.err


@pytest.mark.parametrize("command", [("chat",), ("recall", "Toby"), ("doctor",), ("export", "person", "1")])
def test_a_data_folder_that_cannot_be_made_is_explained(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = martin(*command, folder=tmp_path, MARTIN__STORAGE__DATA_DIR="file/data", **NO_EMBEDDING)
    assert ended.code == 1
    assert "file/data" in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_scope_that_is_none_is_refused_with_what_one_looks_like(tmp_path: Path) -> None:
    ended = martin("recall", "Toby", "--scope", "everything", folder=tmp_path)
    assert ended.code == 2
    assert "person:NUMBER" in ended.err


def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    assert martin("remember", folder=tmp_path).code == 2


def test_doctor_finds_a_machine_without_a_model_able_to_work(tmp_path: Path) -> None:
    ended = martin("doctor", "--json", folder=tmp_path, MARTIN__MODEL__BASE_URL="http://127.0.0.1:9")
    assert ended.code == 0, ended.err
    assert ended.json["works"] is True
    found = levels(ended.json["findings"])
    assert found.pop("model") == "warning"
    assert set(found.values()) <= {"good", "warning"}
    assert set(found) == {"config", "disk", "database", "embedding", "telegram", "discord"}


def test_doctor_ends_with_1_and_names_the_mend_where_he_could_not_work(tmp_path: Path) -> None:
    ended = martin(
        "doctor",
        folder=tmp_path,
        MARTIN__MODEL__PROVIDER="ollama",
        MARTIN__MODEL__BASE_URL="http://127.0.0.1:9",
        MARTIN__EMBEDDING__MODEL="./nowhere",
    )
    assert ended.code == 1
    assert "ollama serve" in ended.out
    assert "embedding" in ended.out


def test_doctor_tells_of_wrong_settings_instead_of_dying_of_them(tmp_path: Path) -> None:
    ended = martin("doctor", "--json", folder=tmp_path, MARTIN__MODEL__PROVIDR="x", MARTIN__LANGUAGE="fr")
    assert ended.code == 1
    assert [finding["level"] for finding in ended.json["findings"]] == ["problem", "problem"]


def test_doctor_never_shows_a_token(tmp_path: Path) -> None:
    token = "123456789:AAExampleExampleExampleExample_1234"
    ended = martin(
        "doctor",
        folder=tmp_path,
        TELEGRAM_TOKEN=token,
        MARTIN__TELEGRAM__API_BASE_URL="http://127.0.0.1:9",
        MARTIN__MODEL__PROVIDER="none",
        **NO_EMBEDDING,
    )
    assert ended.code == 1
    assert "telegram" in ended.out
    assert token not in ended.out + ended.err


def test_setup_writes_what_was_answered_and_a_second_time_nothing(tmp_path: Path) -> None:
    token = "123456789:AAExampleExampleExampleExample_1234"
    (tmp_path / "config.toml").write_bytes((ROOT / "config.toml").read_bytes())
    answers = f"en\nLola\n{token}\n\nnone\ntelegram:7\n"
    first = martin("setup", folder=tmp_path, stdin=answers)
    assert first.code == 0, first.err
    assert token not in first.out + first.err
    assert (tmp_path / ".env").read_text(encoding="utf-8") == f"TELEGRAM_TOKEN={token}\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    written = (tmp_path / "config.toml").read_text(encoding="utf-8")
    assert 'name = "Lola"' in written
    assert 'admins = ["telegram:7"]' in written
    again = martin("setup", folder=tmp_path)
    assert again.code == 0, again.err
    assert "Nothing to change." in again.out
    assert (tmp_path / "config.toml").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("config", ["config.toml", "elsewhere/martin.toml"])
def test_setup_makes_the_files_that_are_not_there(config: str, tmp_path: Path) -> None:
    ended = martin("--config", config, "setup", folder=tmp_path, stdin="\nLola\n")
    assert ended.code == 0, ended.err
    assert (tmp_path / config).read_text(encoding="utf-8") == '[persona]\nname = "Lola"\n'


def test_a_history_comes_in_and_is_found_in_its_scope_alone(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    rows = [{"input": "Mi perro se llama Toby y nació en Cádiz", "response": "¡Qué buen nombre!"}]
    history.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    bring = ("import", str(history), "--scope", "place:archive:dogs", "--json")
    first = martin(*bring, folder=tmp_path)
    assert first.json["scopes"] == [{"scope": "place:archive:dogs", "new": 2, "known": 0}], first.err
    again = martin(*bring[:-1], folder=tmp_path)
    assert again.out.splitlines()[0] == "place:archive:dogs: nuevos, 0; ya conocidos, 2"
    found = martin("recall", "¿Cómo se llama el perro?", "--scope", "place:archive:dogs", "--json", folder=tmp_path)
    assert "Toby" in "".join(hit["memory"]["text"] for hit in found.json)
    elsewhere = martin("recall", "¿Cómo se llama el perro?", "--scope", "place:archive:cats", "--json", folder=tmp_path)
    assert elsewhere.json == []


def test_who_talked_here_can_have_their_data_and_be_forgotten(tmp_path: Path) -> None:
    lines = "Mi perro se llama Toby y nació en Cádiz\n¿Cómo se llama mi perro?\n"
    talked = martin(folder=tmp_path, stdin=lines, MARTIN__MODEL__PROVIDER="none")
    assert talked.code == 0, talked.err
    assert "Toby" in talked.out.splitlines()[-1]
    exported = martin("export", "person", "1", folder=tmp_path, **NO_EMBEDDING)
    assert "Cádiz" in exported.out
    assert exported.json["person"]["id"] == 1
    forgotten = martin("forget", "--person", "1", "--yes", "--json", folder=tmp_path)
    assert (forgotten.code, forgotten.json["turns"]) == (0, 2), forgotten.err
    after = martin("recall", "Toby", "--scope", "person:1", "--json", folder=tmp_path)
    assert after.json == []
    nothing = martin("recall", "Toby", "--scope", "person:1", folder=tmp_path)
    assert nothing.err.strip() == "No recuerdo nada de eso."


def test_nobody_is_forgotten_without_being_sure(tmp_path: Path) -> None:
    assert martin("forget", "--person", "1", folder=tmp_path, stdin="n\n").code == 1
    assert not (tmp_path / "data" / "martin.db").exists()


def test_a_code_that_nobody_was_given_pairs_nobody(tmp_path: Path) -> None:
    ended = martin("pair", "ABCD-EFGH", folder=tmp_path, **NO_EMBEDDING)
    assert ended.code == 1
    assert "Nobody waits with that code." in ended.err


def test_somebody_unknown_has_no_data(tmp_path: Path) -> None:
    for who in ("7", "telegram:7"):
        ended = martin("export", "person", who, folder=tmp_path, **NO_EMBEDDING)
        assert (ended.code, ended.out) == (1, "")
        assert "There is nobody" in ended.err
