"""The health checks, over a real socket."""

import aiohttp
import pytest

from adapters.health import served
from bot.errors import ConfigError


async def test_health_and_readiness_are_told_apart() -> None:
    parts = {"database": True, "telegram": False}
    async with served("127.0.0.1", 0, readiness=lambda: parts) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "waiting", "parts": parts})
        parts["telegram"] = True
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200


async def test_a_port_in_use_is_told_with_its_mend() -> None:
    async with served("127.0.0.1", 0, readiness=dict) as port:
        with pytest.raises(ConfigError, match=r"health\.listen") as caught:
            async with served("127.0.0.1", port, readiness=dict):
                pass
        assert caught.value.hint
