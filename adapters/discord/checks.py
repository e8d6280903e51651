"""What `martin doctor` asks about Discord: is the token good, may the bot read what people write.

Opens no gateway. Never shows the token.
"""

from dataclasses import dataclass

import discord

from adapters.discord import endpoints, faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `mend` is empty where nothing is wrong."""

    good: bool
    text: str
    mend: str = ""


async def inspect(*, token: str, api_base_url: str = endpoints.API) -> tuple[Finding, ...]:
    """Log in, look at the application's switches, log out."""
    endpoints.point_at(api_base_url=api_base_url)
    client = discord.Client(intents=discord.Intents.none())
    try:
        async with client:
            await client.login(token)
            application = await client.application_info()
            name = str(client.user)
    except discord.LoginFailure:
        return (Finding(good=False, text="Discord does not know this token.", mend=faults.TOKEN_MEND),)
    except (discord.HTTPException, *faults.TRANSIENT) as error:
        text = f"Discord does not answer at {api_base_url} ({type(error).__name__})."
        return (Finding(good=False, text=text, mend="Check the network and discord.api_base_url."),)
    return (Finding(good=True, text=f"The token is good: {name}."), _content(application), _interactions(application))


def _content(application: discord.AppInfo) -> Finding:
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding(good=True, text="The bot may read what people write.")
    return Finding(good=False, text="The Message Content Intent is off.", mend=faults.INTENTS_MEND)


def _interactions(application: discord.AppInfo) -> Finding:
    if application.interactions_endpoint_url is None:
        return Finding(good=True, text="Commands and buttons arrive here.")
    mend = f"Empty it: {faults.PORTAL} → your application → General Information → Interactions Endpoint URL."
    return Finding(good=False, text="Commands and buttons go to a web address instead of here.", mend=mend)
