"""Settings: what may be written, where, and what is said when it is wrong."""

import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from bot.errors import ConfigError
from settings import Settings, load

ROOT = Path(__file__).parent.parent


def complaints(tmp_path: Path, *, config: str = "", env: str = "", **environ: str) -> list[str]:
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    (tmp_path / ".env").write_text(env, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", environ=environ)
    assert caught.value.hint
    return caught.value.message.splitlines()


def loaded(tmp_path: Path, *, config: str = "", env: str = "", **environ: str) -> Settings:
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    (tmp_path / ".env").write_text(env, encoding="utf-8")
    return load(tmp_path / "config.toml", environ=environ)


def test_everything_has_a_default() -> None:
    defaults = Settings()
    assert defaults.language == "es"
    assert defaults.persona.name == "Martín"
    assert defaults.nightly.at == time(3, 30)
    assert defaults.platforms == ()
    assert defaults.timezone  # the system's


def test_the_config_file_that_ships_says_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = tmp_path / "config.toml"
    without_a_file = load(environ={})
    shipped.write_bytes((ROOT / "config.toml").read_bytes())
    assert load(environ={}) == without_a_file


def test_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert complaints(tmp_path, config="[storage]\ndata_dri = 'x'") == [
        "config.toml: [storage] has no key 'data_dri'. Did you mean 'data_dir'?"
    ]


def test_unknown_key_in_the_environment_is_refused_by_the_variable_that_said_it(tmp_path: Path) -> None:
    assert complaints(tmp_path, MARTIN__MODEL__NAM="x") == [
        "environment: MARTIN__MODEL__NAM: [model] has no key 'nam'. Did you mean 'name'?"
    ]


def test_unknown_section_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert complaints(tmp_path, config="[telegran]\nmode = 'polling'") == [
        "config.toml: there is no section [telegran]. Did you mean 'telegram'?"
    ]


def test_a_key_in_the_wrong_section_is_told_its_own(tmp_path: Path) -> None:
    assert complaints(tmp_path, config="data_dir = 'x'") == [
        "config.toml: there is no key 'data_dir' outside the sections. It belongs in [storage]."
    ]


def test_a_value_where_a_section_should_be_is_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, config="model = 'gemma'") == [
        "config.toml: [model] is a section, with keys of its own below it."
    ]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    said = complaints(
        tmp_path, config="[model]\nprovider = 'olama'\n[access]\npolicy = 'closed'", MARTIN__LANGUAGE="fr"
    )
    assert [line.partition(":")[0] for line in said] == ["environment", "config.toml", "config.toml"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("timezone = 'Europe/Madrd'", "Did you mean 'Europe/Madrid'?"),
        ("[access]\nadmins = ['martin']", "PLATFORM:NUMBER"),
        ("[access]\nadmins = '[oops'", "not a list"),
        ("[health]\nlisten = '8080'", "HOST:PORT"),
        ("[nightly]\nat = '25:00'", "0-23"),
        ("[telegram]\napi_base_url = 'ftp://x'", "does not begin with http:// or https://"),
        ("[discord]\ngateway_url = 'https://x'", "does not begin with ws:// or wss://"),
        ("[model]\nmax_tokens = 9000", "smaller than context_tokens"),
        ("[model]\nprovider = 'llamacpp'", "needs gguf"),
    ],
)
def test_a_wrong_value_is_refused_with_the_reason(config: str, reason: str, tmp_path: Path) -> None:
    (said,) = complaints(tmp_path, config=config)
    assert reason in said


def test_webhook_needs_its_address_and_its_secret(tmp_path: Path) -> None:
    config = "[telegram]\nmode = 'webhook'\n"
    assert "webhook_url" in complaints(tmp_path, config=config, TELEGRAM_TOKEN="1:x")[0]
    config += "webhook_url = 'https://martin.example'"
    assert "TELEGRAM_WEBHOOK_SECRET" in complaints(tmp_path, config=config, TELEGRAM_TOKEN="1:x")[0]
    assert loaded(tmp_path, config=config, TELEGRAM_TOKEN="1:x", TELEGRAM_WEBHOOK_SECRET="s").platforms == ("telegram",)


def test_a_token_in_the_config_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for config in ("[telegram]\ntoken = '123:abc'", "telegram_token = '123:abc'", "TELEGRAM_TOKEN = '123:abc'"):
        (said,) = complaints(tmp_path, config=config)
        assert "TELEGRAM_TOKEN=… in .env" in said
        assert "123:abc" not in said


def test_no_complaint_repeats_a_value_that_may_be_secret(tmp_path: Path) -> None:
    said = complaints(tmp_path, config="[telegram]\ntokn = '123:abc'\nbot_token = '123:abc'", MODEL_API_KEY="")
    assert "123:abc" not in "".join(said)


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    found = loaded(tmp_path, env="TELEGRAM_TOKEN='123:abc'", DISCORD_TOKEN="xyz.1")
    assert found.platforms == ("telegram", "discord")
    assert found.telegram.token is not None
    assert found.telegram.token.get_secret_value() == "123:abc"
    assert "123:abc" not in repr(found) + str(found)
    assert "xyz.1" not in found.model_dump_json()
    assert found.secrets == ("123:abc", "xyz.1")


def test_an_empty_token_is_none(tmp_path: Path) -> None:
    assert loaded(tmp_path, env="TELEGRAM_TOKEN=\nDISCORD_TOKEN= ").platforms == ()


def test_a_platform_can_be_switched_off_while_its_token_stays(tmp_path: Path) -> None:
    assert loaded(tmp_path, config="[telegram]\nenabled = false", TELEGRAM_TOKEN="1:x").platforms == ()


def test_a_name_in_dotenv_that_is_nearly_ours_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, env="TELEGRAM_BOT_TOKEN=1:x\nMARTIN_MODEL_NAME=x\nEDITOR=vi")
    assert said == [
        ".env: TELEGRAM_BOT_TOKEN is not read. Did you mean 'TELEGRAM_TOKEN'?",
        ".env: MARTIN_MODEL_NAME is not read. Did you mean 'MARTIN__MODEL__NAME'?",
    ]


def test_the_environment_outweighs_dotenv_and_dotenv_the_file(tmp_path: Path) -> None:
    config = "[model]\nname = 'file'\nbase_url = 'http://file'\ngguf = '/file'"
    env = "MARTIN__MODEL__NAME=dotenv\nMARTIN__MODEL__BASE_URL=http://dotenv"
    found = loaded(tmp_path, config=config, env=env, MARTIN__MODEL__NAME="environment").model
    assert (found.name, found.base_url, found.gguf) == ("environment", "http://dotenv", "/file")


def test_a_list_can_be_said_in_the_environment(tmp_path: Path) -> None:
    for said in ("telegram:1, discord:2", "telegram:1 discord:2", '["telegram:1", "discord:2"]'):
        assert loaded(tmp_path, MARTIN__ACCESS__ADMINS=said).access.admins == ("telegram:1", "discord:2")


def test_paths_are_relative_to_the_config_file(tmp_path: Path) -> None:
    config = "[storage]\ndata_dir = 'kept'\n[model]\ngguf = 'm.gguf'\n[embedding]\nmodel = './e5'"
    found = loaded(tmp_path, config=config)
    assert found.storage.data_dir == tmp_path / "kept"
    assert found.storage.database_url == f"sqlite+aiosqlite:///{tmp_path / 'kept' / 'martin.db'}"
    assert found.storage.memory_uri == str(tmp_path / "kept" / "memory")
    assert found.model.gguf == str(tmp_path / "m.gguf")
    assert found.embedding.model == str(tmp_path / "e5")


def test_given_addresses_stay_as_they_are(tmp_path: Path) -> None:
    config = "[storage]\ndatabase_url = 'postgresql+asyncpg://m:pw@db/m'\nmemory_uri = 's3://bucket/m'"
    found = loaded(tmp_path, config=config)
    assert found.storage.database_url == "postgresql+asyncpg://m:pw@db/m"
    assert found.storage.memory_uri == "s3://bucket/m"
    assert "pw" not in repr(found)
    assert found.secrets == ("pw",)


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        load(tmp_path / "nowhere.toml", environ={})
    with pytest.raises(ConfigError, match="no configuration file"):
        load(environ={"MARTIN_CONFIG": str(tmp_path / "nowhere.toml")})


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (said,) = complaints(tmp_path, config="language = es\n[model]")
    assert "line 1" in said


def test_no_file_at_all_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environ={}).storage.data_dir == tmp_path / "data"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().language = "en"  # type: ignore[misc]


@given(
    section=st.sampled_from(sorted(settings.keys())), key=st.text(min_size=1, max_size=12), value=st.text(max_size=12)
)
def test_no_variable_can_do_worse_than_be_refused(section: str, key: str, value: str) -> None:
    name = "__".join(part for part in ("MARTIN", section.upper(), key.upper()) if part)
    try:
        load(environ={name: value})
    except ConfigError as error:
        said = error.message
    else:
        said = name
    assert name in said


def test_settings_load_fast() -> None:
    program = "import time; t = time.perf_counter(); import settings; settings.load(); print(time.perf_counter() - t)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(ran.stdout) < 1  # 0.1 s on an idle machine


def test_what_setup_writes_is_read_back_and_the_comments_stay(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes((ROOT / "config.toml").read_bytes())
    values = {("model", "name"): "qwen2.5:7b", ("access", "admins"): ["telegram:1"], ("language",): "en"}
    assert settings.write(values, {"TELEGRAM_TOKEN": "1:x"}, config=config) == [config, tmp_path / ".env"]
    found = load(config, environ={})
    assert (found.model.name, found.access.admins, found.language) == ("qwen2.5:7b", ("telegram:1",), "en")
    assert found.platforms == ("telegram",)
    shipped = (ROOT / "config.toml").read_text(encoding="utf-8").splitlines()
    written = config.read_text(encoding="utf-8").splitlines()
    assert [line for line in shipped if line.startswith("#")] == [line for line in written if line.startswith("#")]


def test_writing_the_same_again_changes_no_file(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    values, secrets = {("persona", "name"): "Lola"}, {"DISCORD_TOKEN": "a.b"}
    assert settings.write(values, secrets, config=config) == [config, tmp_path / ".env"]
    assert settings.write(values, secrets, config=config) == []
    assert settings.write({}, {}, config=config) == []


def test_secrets_are_kept_for_their_owner_alone_and_beside_what_was_there(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("# mine\nEDITOR=vi\nTELEGRAM_TOKEN=old\n", encoding="utf-8")
    env.chmod(0o644)
    settings.write({}, {"TELEGRAM_TOKEN": "1:new"}, config=tmp_path / "config.toml")
    assert env.read_text(encoding="utf-8") == "# mine\nEDITOR=vi\nTELEGRAM_TOKEN=1:new\n"
    assert env.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        settings.write({("language",): "en"}, {}, config=tmp_path / "file" / "config.toml")


def test_a_model_named_by_its_file_needs_no_other_key(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[model]\nprovider = "llamacpp"\nname = "models/tiny.gguf"\n', encoding="utf-8"
    )
    assert load(tmp_path / "config.toml", environ={}).model.name == str(tmp_path / "models" / "tiny.gguf")
