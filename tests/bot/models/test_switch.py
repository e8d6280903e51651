"""Which model answers, as servers come and go and an admin chooses."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.errors import ModelBroken, ModelError, ModelMissing, ModelUnreachable
from bot.model import ModelCatalogue, Progress
from bot.models.sources import Provider, Sources, is_gguf
from bot.models.switch import ModelSwitch
from bot.models.upgrade import previous
from tests.bot.models.prompts import ask, heard, seconds
from tests.fakes.ollama_server import Behaviour, OllamaServer, Stored, digest_of, tagged
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.tiny_llama import tiny_llama

pytestmark = pytest.mark.timeout(600)  # whoever comes first trains the tiny model, on a machine that may be busy


class Choice:
    """What an admin chose, kept as a fact would be."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    async def load(self) -> str | None:
        return self.name

    async def save(self, name: str) -> None:
        self.name = name


@asynccontextmanager
async def switching(
    url: str = "http://127.0.0.1:1",
    *,
    provider: Provider = Provider.AUTO,
    name: str = "tiny",
    gguf: Path | None = None,
    choice: Choice | None = None,
) -> AsyncGenerator[ModelSwitch]:
    choice = choice or Choice()
    async with ModelSwitch.open(
        provider=provider,
        name=name,
        gguf=gguf,
        sources=Sources(base_url=url, context_tokens=1024),
        load_choice=choice.load,
        save_choice=choice.save,
        look_every=0.05,
    ) as switch:
        yield switch


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 — what is waited for happens behind the switch
            await asyncio.sleep(0.01)


async def steps(progress: AsyncGenerator[Progress]) -> list[str]:
    return [step.status async for step in progress]


def own(answer: str, version: str = "1") -> Stored:
    return Stored(digest=digest_of(version), answers=[answer])


async def test_with_nothing_there_memory_answers() -> None:
    async with switching() as switch:
        assert "Ollama" in await heard(switch, ask("¿Cuál es la capital de Francia?"))
        assert switch.info.provider == "none"


async def test_ollama_answers_where_it_is() -> None:
    async with OllamaServer("tiny") as server, switching(server.url) as switch:
        assert await heard(switch) == "Claro que sí."
        assert (switch.info.provider, switch.info.name) == ("ollama", "tiny")


async def test_a_gguf_answers_where_there_is_no_ollama() -> None:
    async with switching(gguf=await asyncio.to_thread(tiny_llama)) as switch:
        assert "Mart" in await heard(switch, ask("¿Quién eres?"))
        assert switch.info.provider == "llamacpp"


async def test_a_name_that_is_a_file_is_a_gguf() -> None:
    path = await asyncio.to_thread(tiny_llama)
    async with OllamaServer("tiny") as server, switching(server.url, name=str(path)) as switch:
        await heard(switch, ask("¿Quién eres?"))
        assert (switch.info.provider, switch.info.name) == ("llamacpp", path.name)


async def test_an_ollama_that_comes_up_later_is_picked_up_and_one_that_goes_is_let_go() -> None:
    async with OllamaServer() as gone:
        port = int(gone.url.rpartition(":")[2])
    async with switching(gone.url) as switch:
        await heard(switch)
        assert switch.info.provider == "none"
        async with OllamaServer("tiny", port=port):
            await until(lambda: switch.info.provider == "ollama")
            assert await heard(switch) == "Claro que sí."
        assert "¡Hola!" in await heard(switch)  # memory, and no error
        assert switch.info.provider == "none"
        async with OllamaServer("tiny", port=port):
            await until(lambda: switch.info.provider == "ollama")


def test_a_name_on_a_hub_is_no_file() -> None:
    assert is_gguf("models/martin.gguf")
    assert not is_gguf("hf.co/somebody/Some-GGUF:some.gguf")
    assert not is_gguf("qwen3:4b")
    assert not is_gguf("")


async def test_an_ollama_chosen_by_name_is_not_replaced_by_memory() -> None:
    async with switching(provider=Provider.OLLAMA) as switch:
        with pytest.raises(ModelUnreachable):
            await heard(switch)


async def test_a_gguf_that_is_not_there_is_told_until_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    async with switching(provider=Provider.LLAMACPP, name=str(path)) as switch:
        with pytest.raises(ModelMissing):
            await heard(switch)
        assert isinstance(switch.trouble, ModelMissing)
        # Renamed into place, as a download is: a file half copied would be read half.
        shutil.copy(await asyncio.to_thread(tiny_llama), tmp_path / "half")
        (tmp_path / "half").rename(path)
        await until(lambda: switch.info.provider == "llamacpp")
        assert switch.trouble is None
        assert await heard(switch)


async def test_memory_answers_while_a_first_model_is_pulled() -> None:
    async with OllamaServer(behaviour=Behaviour(pull_pause=0.2)) as server:
        server.registry[tagged("tiny")] = own("Ya estoy.")
        async with switching(server.url) as switch:
            assert "¡Hola!" in await heard(switch)
            assert switch.pulling is not None
            await until(lambda: switch.info.provider == "ollama")
            assert await heard(switch) == "Ya estoy."
            assert switch.pulling is None


async def test_a_model_that_nobody_has_is_not_hidden_behind_memory() -> None:
    async with OllamaServer() as server, switching(server.url) as switch:
        with pytest.raises(ModelMissing, match="ollama\\.com/library"):
            await heard(switch)


async def test_a_choice_serves_at_once_and_after_a_restart() -> None:
    choice = Choice()
    async with OllamaServer("tiny") as server:
        server.models[tagged("other")] = own("Soy el otro.")
        async with switching(server.url, choice=choice) as switch:
            await heard(switch)
            await steps(switch.choose("other"))
            assert await heard(switch) == "Soy el otro."
            await asyncio.sleep(0.15)
            assert switch.info.name == "other"
        async with switching(server.url, choice=choice) as switch:
            assert await heard(switch) == "Soy el otro."


async def test_choosing_pulls_what_is_missing_and_shows_how_it_comes_along() -> None:
    async with OllamaServer("tiny") as server, switching(server.url) as switch:
        await heard(switch)
        server.registry[tagged("other")] = own("Soy el otro.")
        assert "pulling 0123" in await steps(switch.choose("other"))
        assert await heard(switch) == "Soy el otro."


async def test_a_choice_that_cannot_be_served_leaves_the_old_one_serving() -> None:
    choice = Choice()
    async with OllamaServer("tiny") as server, switching(server.url, choice=choice) as switch:
        await heard(switch)
        with pytest.raises(ModelMissing):
            await steps(switch.choose("nobody-has-it"))
        server.models[tagged("mute")] = own("")
        with pytest.raises(ModelError):
            await steps(switch.choose("mute"))
        assert await heard(switch) == "Claro que sí."
        assert choice.name is None


async def test_an_answer_under_way_ends_with_the_model_it_began_with() -> None:
    behaviour = Behaviour(answers=["uno dos tres cuatro"], tokens_per_second=20)
    async with OllamaServer("tiny", behaviour=behaviour) as server, switching(server.url) as switch:
        server.models[tagged("other")] = own("otro")
        under_way = asyncio.create_task(heard(switch))
        await until(lambda: server.active == 1)
        await steps(switch.choose("other"))
        assert not under_way.done()
        assert await under_way == "uno dos tres cuatro"
        assert await heard(switch) == "otro"


async def test_the_list_shows_what_there_is_and_which_serves() -> None:
    path = await asyncio.to_thread(tiny_llama)
    async with OllamaServer("tiny", "other") as server, switching(server.url, gguf=path) as switch:
        await heard(switch)
        catalogue: ModelCatalogue = switch
        listed = await catalogue.list()
        assert [(model.name, model.chosen) for model in listed] == [
            (tagged("tiny"), True),
            (tagged("other"), False),
            (str(path), False),
        ]
        assert listed[0].details == "1.0M F16"


async def test_the_models_of_an_openai_server_are_listed_and_can_be_chosen() -> None:
    async with OpenAIServer("tiny", "other") as server, switching(server.url, provider=Provider.OPENAI) as switch:
        assert await heard(switch) == "Claro que sí."
        assert [(model.name, model.chosen) for model in await switch.list()] == [("tiny", True), ("other", False)]
        await steps(switch.choose("other"))
        assert await heard(switch)
        with pytest.raises(ModelMissing):
            await steps(switch.choose("third"))
    assert server.requests[-2]["model"] == "other"


async def test_an_update_serves_once_it_has_been_tried() -> None:
    async with OllamaServer() as server:
        server.models[tagged("tiny")] = own("viejo")
        server.registry[tagged("tiny")] = own("nuevo", "2")
        async with switching(server.url) as switch:
            assert await heard(switch) == "viejo"
            assert "trying" in await steps(switch.update())
            assert await heard(switch) == "nuevo"
        assert set(server.models) == {tagged("tiny")}


async def test_while_an_update_is_tried_the_old_version_answers() -> None:
    async with OllamaServer(behaviour=Behaviour(load=0.3)) as server:
        server.models[tagged("tiny")] = own("viejo")
        server.registry[tagged("tiny")] = own("nuevo", "2")
        async with switching(server.url) as switch:
            await heard(switch)
            updating = switch.update()
            while (await anext(updating)).status != "trying":
                assert await heard(switch) == "viejo"
            assert await heard(switch) == "viejo"
            await steps(updating)
            assert await heard(switch) == "nuevo"


async def test_an_update_that_fails_its_trial_is_undone() -> None:
    async with OllamaServer() as server:
        server.models[tagged("tiny")] = own("viejo")
        server.registry[tagged("tiny")] = own("", "2")
        async with switching(server.url) as switch:
            await heard(switch)
            with pytest.raises(ModelBroken, match="the old one serves"):
                await steps(switch.update())
            assert await heard(switch) == "viejo"
        assert server.models[tagged("tiny")].digest == digest_of("1")
        assert previous("tiny") not in server.models


async def test_an_update_that_is_given_up_is_undone() -> None:
    async with OllamaServer() as server:
        server.models[tagged("tiny")] = own("viejo")
        server.registry[tagged("tiny")] = own("nuevo", "2")
        async with switching(server.url) as switch:
            await heard(switch)
            updating = switch.update()
            while (await anext(updating)).status != "trying":
                pass
            await updating.aclose()
            assert await heard(switch) == "viejo"


async def test_where_there_is_nothing_newer_an_update_changes_nothing() -> None:
    async with OllamaServer() as server:
        server.models[tagged("tiny")] = own("viejo")
        server.registry = dict(server.models)
        async with switching(server.url) as switch:
            await heard(switch)
            assert "trying" not in await steps(switch.update())
            assert await heard(switch) == "viejo"


async def test_without_models_there_is_nothing_to_choose_or_update() -> None:
    async with switching(provider=Provider.NONE) as switch:
        await heard(switch)
        assert await switch.list() == []
        for change in (switch.choose("tiny"), switch.update()):
            with pytest.raises(ModelBroken):
                await steps(change)


async def test_closing_while_an_answer_is_waited_for_leaves_nothing_open() -> None:
    async with OllamaServer("tiny", behaviour=Behaviour(hang_at=0)) as server:
        async with switching(server.url) as switch:
            waiting = asyncio.create_task(heard(switch, limits=seconds(first=30)))
            await until(lambda: server.active == 1)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        await until(lambda: server.active == 0)
