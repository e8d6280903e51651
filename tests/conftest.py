"""What holds for all tests: nothing of this machine's own Martín, and no deadline that a busy machine would miss."""

import os

import pytest
from hypothesis import settings as hypothesis_settings

from settings import SECRETS
from tests.fakes.databases import VARIABLE, drop_databases

hypothesis_settings.register_profile("martin", deadline=None, derandomize="CI" in os.environ)
hypothesis_settings.load_profile("martin")


def pytest_configure(config: pytest.Config) -> None:
    """Take out of the environment what would configure the Martín under test."""
    for name in list(os.environ):
        if name != VARIABLE and (name.startswith("MARTIN_") or name in SECRETS):
            del os.environ[name]


def pytest_runtest_logfinish() -> None:
    """A test is over, its fixtures too: nobody needs its databases any more."""
    drop_databases()
