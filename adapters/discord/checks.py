"""What `martin doctor` asks about Discord: is the token good, may the bot read what people write.

Opens no gateway. Never shows the token.
"""

from collections.abc import Sequence

import discord

from adapters.discord import endpoints, faults
from bot.doctor import Finding, good, problem
from bot.i18n import say

ABOUT = "discord"


async def inspect(*, token: str, api_base_url: str = endpoints.API, language: str) -> Sequence[Finding]:
    """Log in, look at the application's switches, log out."""
    endpoints.point_at(api_base_url=api_base_url)
    client = discord.Client(intents=discord.Intents.none())
    try:
        async with client:
            await client.login(token)
            application = await client.application_info()
            name = str(client.user)
    except discord.LoginFailure:
        mend = say(language, "discord-token-mend", portal=faults.PORTAL)
        return [problem(ABOUT, say(language, "discord-token-wrong"), mend)]
    except (discord.HTTPException, *faults.TRANSIENT) as error:
        text = say(language, "discord-silent", url=api_base_url, reason=type(error).__name__)
        return [problem(ABOUT, text, say(language, "discord-silent-mend"))]
    known = good(ABOUT, say(language, "discord-token-good", name=name))
    return [known, _content(application, language), _endpoint(application, language)]


def _content(application: discord.AppInfo, language: str) -> Finding:
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return good(ABOUT, say(language, "discord-content-on"))
    mend = say(language, "discord-content-mend", portal=faults.PORTAL)
    return problem(ABOUT, say(language, "discord-content-off"), mend)


def _endpoint(application: discord.AppInfo, language: str) -> Finding:
    if application.interactions_endpoint_url is None:
        return good(ABOUT, say(language, "discord-endpoint-none"))
    mend = say(language, "discord-endpoint-mend", portal=faults.PORTAL)
    return problem(ABOUT, say(language, "discord-endpoint"), mend)
