"""What an Ollama server has: list, look at, pull, copy and delete its models.

The one place that imports the `ollama` library. Answers are streamed by `ollama`, over a cheaper wire.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import ollama

from bot.errors import ModelBroken, ModelMissing, ModelTimeout, ModelUnreachable
from bot.model import Progress

_STALLED = 120.0  # seconds without a word from a pull
_PROBE = 3.0

START_HINT = "Start it with 'ollama serve', or set model.base_url to where it runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One model on the server. `digest` changes when a newer version of the same name is pulled."""

    name: str
    digest: str
    size: int  # bytes
    details: str  # "8.0B Q4_K_M"


def tagged(name: str) -> str:
    """`qwen3` as the server lists it: `qwen3:latest`."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


class OllamaShelf:
    """The models of one server. Every method raises a ModelError where the server does not do as asked."""

    def __init__(self, client: ollama.AsyncClient, *, url: str) -> None:
        self._client = client
        self._url = url

    @classmethod
    @asynccontextmanager
    async def open(cls, base_url: str, *, api_key: str = "") -> AsyncGenerator["OllamaShelf"]:
        # A proxy of the environment must not come between Martín and a server on his own machine.
        client = ollama.AsyncClient(
            base_url, headers=bearer(api_key), timeout=httpx.Timeout(_STALLED, connect=5.0), trust_env=False
        )
        async with client:
            yield cls(client, url=base_url)

    async def probe(self) -> None:
        """See whether an Ollama is there, within seconds.

        Raises:
            ModelUnreachable: none is.
            ModelError: one may be, and is slow or odd.
        """
        # The library has no call for /api/version; listing is as cheap and tells the same.
        await self._listed(timeout=_PROBE)

    async def list(self) -> Sequence[Shelved]:
        return await self._listed(timeout=30.0)

    async def find(self, name: str) -> Shelved | None:
        return next((model for model in await self.list() if model.name == tagged(name)), None)

    async def capabilities(self, name: str) -> frozenset[str]:
        """What the model can do: "completion", "vision", "thinking", …

        Raises:
            ModelMissing: the server does not have it.
        """
        with self._translated(name):
            shown = await self._client.show(name)
        return frozenset(shown.capabilities or ())

    async def pull(self, name: str) -> AsyncGenerator[Progress]:
        """Fetch `name`, or its newer version.

        Raises:
            ModelMissing: no registry has it.
            ModelTimeout: it stalled.
        """
        with self._translated(name):
            async for event in await self._client.pull(name, stream=True):
                yield Progress(
                    status=event.status or "", completed=int(event.completed or 0), total=int(event.total or 0)
                )

    async def copy(self, source: str, destination: str) -> None:
        """Give `source` a second name. Costs no disk: both name the same blobs."""
        with self._translated(source):
            await self._client.copy(source, destination)

    async def delete(self, name: str) -> None:
        with self._translated(name):
            await self._client.delete(name)

    async def _listed(self, *, timeout: float) -> Sequence[Shelved]:  # noqa: ASYNC109 — one bound for the whole call
        try:
            async with asyncio.timeout(timeout):
                with self._translated(""):
                    listed = await self._client.list()
        except TimeoutError as error:
            raise ModelTimeout(f"Ollama at {self._url} does not list its models.", hint=START_HINT) from error
        return [_shelved(model) for model in listed.models]

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except ollama.ResponseError as error:
            # A pull reports what no registry has in mid-stream, where there is no status.
            if "file does not exist" in error.error:
                raise ModelMissing(
                    f"Ollama's library has no model {name!r}.", hint="See https://ollama.com/library for the names."
                ) from error
            if error.status_code == 404:
                raise missing(name) from error
            raise ModelBroken(f"Ollama could not do it: {error.error}", hint="See the log of Ollama.") from error
        except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ModelUnreachable(f"No Ollama answers at {self._url}.", hint=START_HINT) from error
        except httpx.TimeoutException as error:
            raise ModelTimeout(f"Ollama at {self._url} fell silent.", hint="Try again.") from error
        except (httpx.HTTPError, ValueError) as error:
            raise ModelBroken(f"Ollama at {self._url} broke off: {error}.", hint="Try again.") from error


def _shelved(model: ollama.ListResponse.Model) -> Shelved:
    details = model.details
    parts = (details.parameter_size, details.quantization_level) if details else ()
    return Shelved(
        name=model.model or "",
        digest=model.digest or "",
        size=int(model.size or 0),
        details=" ".join(part for part in parts if part),
    )


def bearer(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def missing(name: str) -> ModelMissing:
    return ModelMissing(
        f"Ollama has no model {name!r}.", hint=f"Pull it with 'ollama pull {name}', or '/model {name}'."
    )
