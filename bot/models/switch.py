"""The model that answers now, and which one that is while Martín runs.

A ChatModel that hands every answer to another, and the catalogue behind `/model`. With `auto` that is Ollama if it
answers, else a GGUF if one is configured, else memory alone; what comes up later is picked up without a restart.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import structlog

from bot.errors import ModelBroken, ModelError, ModelMissing, ModelTimeout, ModelUnreachable
from bot.model import ChatModel, Limits, Listed, ModelInfo, Progress, Prompt
from bot.models.ollama import OllamaModel
from bot.models.ollama_shelf import OllamaShelf, Shelved, tagged
from bot.models.openai import OpenAIModel
from bot.models.recollection import RecollectionModel
from bot.models.serving import Serving
from bot.models.sources import Provider, Sources, is_gguf, tried
from bot.models.upgrade import upgraded

_TRIAL = Limits(max_tokens=8)

_log = structlog.get_logger()


class ModelSwitch:
    """ChatModel and ModelCatalogue in one.

    For whoever asks how things are: `pulling` is how far a first pull has come, `trouble` why the model that should
    serve does not; None where there is neither.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        name: str,
        gguf: Path | None,
        sources: Sources,
        shelf: OllamaShelf,
        save_choice: Callable[[str], Awaitable[None]],
    ) -> None:
        self._provider = provider
        self._name = name
        self._gguf = gguf
        self._sources = replace(sources, report=self._reported)
        self._heard = sources.report
        self._shelf = shelf
        self._save_choice = save_choice
        self._serving = Serving(RecollectionModel(), AsyncExitStack())
        self._served_name = ""
        self._settled = asyncio.Event()  # it has been looked once what there is
        self._look_now = asyncio.Event()
        self._changing = asyncio.Lock()
        self.pulling: Progress | None = None
        self.trouble: ModelError | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        provider: Provider,
        name: str,
        sources: Sources,
        load_choice: Callable[[], Awaitable[str | None]],
        save_choice: Callable[[str], Awaitable[None]],
        gguf: Path | None = None,
        look_every: float = 10.0,
    ) -> AsyncGenerator["ModelSwitch"]:
        """`name` is what the settings say, and what `choose` chose goes before it. `look_every` is in seconds.

        Opens at once, whatever is or is not there: the first answer waits for the first look.
        """
        async with OllamaShelf.open(sources.ollama_url, api_key=sources.api_key) as shelf:
            switch = cls(
                provider=provider,
                name=await load_choice() or name,
                gguf=gguf,
                sources=sources,
                shelf=shelf,
                save_choice=save_choice,
            )
            looking = asyncio.create_task(switch._keep_looking(look_every))
            try:
                yield switch
            finally:
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking
                await switch._serving.retire()

    @property
    def info(self) -> ModelInfo:
        return self._serving.model.info

    def count(self, text: str) -> int:
        return self._serving.model.count(text)

    async def stream(self, prompt: Prompt, *, limits: Limits) -> AsyncGenerator[str]:
        await self._wait_settled(limits)
        if self.trouble is not None and self._provider is not Provider.AUTO:
            raise self.trouble.with_traceback(None)  # the same one for every answer until it is over
        started = False
        try:
            async with self._serving.answering() as model, aclosing(model.stream(prompt, limits=limits)) as answer:
                async for piece in answer:
                    started = True
                    yield piece
            return
        except ModelUnreachable:
            if started or self._provider is not Provider.AUTO:
                raise
        # It was there a moment ago. Memory answers this one; what comes back, or another, is looked for.
        _log.warning("model.vanished", model=self.info.name)
        await self._serve(RecollectionModel(), AsyncExitStack(), name="")
        self._look_now.set()
        async for piece in self._serving.model.stream(prompt, limits=limits):
            yield piece

    # -- which one ---------------------------------------------------------------------------------------------------

    async def _keep_looking(self, every: float) -> None:
        while True:
            self._look_now.clear()
            try:
                if not self._changing.locked():
                    await self._look()
                self.trouble = None
            except ModelError as error:
                if str(self.trouble) != str(error):
                    _log.warning("model.not_served", model=self._name, reason=str(error))
                self.trouble = error
            except Exception:  # noqa: BLE001 — the loop's edge: whatever it was, what serves goes on serving
                _log.exception("model.look_failed", model=self._name)
            finally:
                self._settled.set()
                self.pulling = None
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self._look_now.wait()

    async def _look(self) -> None:
        """Serve what should be served, if it is not already."""
        provider, name = await self._wanted()
        if (self.info.provider, self._served_name) == (provider.value, name):
            return
        async with AsyncExitStack() as stack:
            model = await stack.enter_async_context(self._sources.open(provider, name))
            if isinstance(model, OllamaModel) and self._provider is Provider.AUTO:
                # Memory goes on answering while a model is pulled. A model that nobody has is not hidden behind it.
                with suppress(ModelMissing):
                    await model.prepare()
            if (provider, name) == await self._wanted() and not self._changing.locked():  # a pull takes its time
                await self._serve(model, stack.pop_all(), name=name)

    async def _wanted(self) -> tuple[Provider, str]:
        gguf = self._name if is_gguf(self._name) else str(self._gguf or "")
        match self._provider:
            case Provider.AUTO if not is_gguf(self._name) and await self._ollama_answers():
                return Provider.OLLAMA, self._name
            case Provider.AUTO if gguf:
                return Provider.LLAMACPP, gguf
            case Provider.AUTO | Provider.NONE:
                return Provider.NONE, ""
            case Provider.LLAMACPP:
                return Provider.LLAMACPP, gguf or self._name
            case provider:
                return provider, self._name

    async def _ollama_answers(self) -> bool:
        try:
            await self._shelf.probe()
        except ModelUnreachable:
            return False
        except ModelError:
            # A machine that is writing answers may be slow to list its models: that is no reason to leave it.
            return self.info.provider == Provider.OLLAMA
        return True

    async def _serve(self, model: ChatModel, stack: AsyncExitStack, *, name: str) -> None:
        before, self._serving = self._serving, Serving(model, stack)
        self._served_name = name
        _log.info("model.serves", provider=model.info.provider, model=model.info.name)
        await before.retire()

    async def _wait_settled(self, limits: Limits) -> None:
        try:
            async with asyncio.timeout(limits.first_token.total_seconds()):
                await self._settled.wait()
        except TimeoutError as error:
            raise ModelTimeout(f"The model {self._name} is still loading.", hint="Ask again in a while.") from error

    def _reported(self, progress: Progress) -> None:
        self.pulling = progress
        if progress.total:  # there is such a model, and it will take a while: memory answers until then
            self._settled.set()
        if self._heard is not None:
            self._heard(progress)

    # -- the catalogue -----------------------------------------------------------------------------------------------

    async def list(self) -> Sequence[Listed]:
        """What could be chosen: the server's models, and the GGUF files beside the one that is configured."""
        if isinstance(self._serving.model, OpenAIModel):
            return [Listed(name=name, chosen=name == self._name) for name in await self._serving.model.names()]
        shelved: Sequence[Shelved] = ()
        if self._provider in (Provider.AUTO, Provider.OLLAMA):
            try:
                shelved = await self._shelf.list()
            except ModelError:
                if self._provider is Provider.OLLAMA:
                    raise
        served = tagged(self._served_name)
        named = [
            Listed(name=model.name, size=model.size, details=model.details, chosen=model.name == served)
            for model in shelved
        ]
        return [*named, *await asyncio.to_thread(self._files)]

    async def choose(self, name: str) -> AsyncGenerator[Progress]:
        async with self._changing:
            provider = self._provider_for(name)
            if provider is Provider.OLLAMA and await self._shelf.find(name) is None:
                async with aclosing(self._shelf.pull(name)) as events:
                    async for progress in events:
                        yield progress
            yield Progress(status="trying")
            await self._change_to(provider, name, attempt=True)
            self._name = name
            self.trouble = None
            await self._save_choice(name)

    async def update(self) -> AsyncGenerator[Progress]:
        async with self._changing:
            if self.info.provider != Provider.OLLAMA:
                raise ModelBroken("Only Ollama's models can be updated.", hint="Choose a newer file with '/model'.")

            async def attempt(name: str) -> None:
                async with self._sources.open(Provider.OLLAMA, name) as model:
                    await tried(model, limits=_TRIAL)

            async def serve(name: str) -> None:
                await self._change_to(Provider.OLLAMA, name, attempt=False)

            steps = upgraded(self._shelf, self._name, serve=serve, attempt=attempt)
            async with aclosing(steps):
                async for progress in steps:
                    yield progress

    def _provider_for(self, name: str) -> Provider:
        if self._provider is Provider.NONE:
            raise ModelBroken("No models are used here.", hint="Set model.provider to 'auto' in config.toml.")
        if self._provider is Provider.AUTO:
            return Provider.LLAMACPP if is_gguf(name) else Provider.OLLAMA
        return self._provider

    async def _change_to(self, provider: Provider, name: str, *, attempt: bool) -> None:
        async with AsyncExitStack() as stack:
            model = await stack.enter_async_context(self._sources.open(provider, name))
            if attempt:
                await tried(model, limits=_TRIAL)
            elif isinstance(model, OllamaModel):
                await model.prepare()
            await self._serve(model, stack.pop_all(), name=name)

    def _files(self) -> Sequence[Listed]:
        known = self._name if is_gguf(self._name) else str(self._gguf or "")
        if not known:
            return []
        return [
            Listed(name=str(path), size=path.stat().st_size, details="GGUF", chosen=str(path) == self._served_name)
            for path in sorted(Path(known).parent.glob("*.gguf"))
        ]
