"""What `martin doctor` finds out about Discord."""

from adapters.discord import inspect
from bot.doctor import Level
from tests.fakes.discord_server import DiscordServer


async def test_a_bot_that_is_set_up_has_nothing_to_mend(server: DiscordServer) -> None:
    findings = await inspect(token=server.token, api_base_url=server.api_base_url, language="en")
    assert [finding.level for finding in findings] == [Level.GOOD] * 3
    assert server.gateway.identified == 0


async def test_a_missing_intent_is_found_before_the_first_start(server: DiscordServer) -> None:
    server.gateway.content_allowed = False
    findings = await inspect(token=server.token, api_base_url=server.api_base_url, language="en")
    (wrong,) = [finding for finding in findings if finding.level is not Level.GOOD]
    assert "Message Content Intent" in wrong.mend


async def test_a_wrong_token_is_found_and_not_shown(server: DiscordServer) -> None:
    (wrong,) = await inspect(token="a-wrong-one", api_base_url=server.api_base_url, language="en")
    assert wrong.level is Level.PROBLEM
    assert "DISCORD_TOKEN" in wrong.text
    assert "discord.com/developers" in wrong.mend
    assert "a-wrong-one" not in str(wrong)


async def test_a_server_that_is_not_there_is_found() -> None:
    (wrong,) = await inspect(token="a-token", api_base_url="http://127.0.0.1:9/api/v10", language="en")
    assert wrong.level is Level.PROBLEM
    assert "discord.api_base_url" in wrong.mend
