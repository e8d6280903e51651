"""Where Discord is.

discord.py keeps its two addresses in class variables, so one process talks to one Discord: this is the only place that
sets them.
"""

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

API = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"


def point_at(*, api_base_url: str = API, gateway_url: str = GATEWAY) -> None:
    """Send every request of this process to `api_base_url` (with its version) and connect to `gateway_url`."""
    Route.BASE = api_base_url.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
