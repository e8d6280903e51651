"""`config.toml`, `.env` and the environment to one frozen `Settings`.

Read by `main.py` and `cli.py` alone; everything below them is given plain values.
"""

from settings.reading import load, located
from settings.sections import SECRETS, Settings, keys
from settings.values import address
from settings.writing import write

__all__ = ["SECRETS", "Settings", "address", "keys", "load", "located", "write"]
