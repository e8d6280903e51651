"""A household for each test: the owner is OWNER, everybody else a stranger until met."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.household import Household, household


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Household]:
    async with household(tmp_path) as opened:
        yield opened
