"""One house on Telegram and Discord at once: one person with an account on each, and everybody else kept apart."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.i18n import say
from tests.e2e.conftest import Telegram, leading_to
from tests.e2e.discord import Discord
from tests.fakes.discord_server import Waiting
from tests.fakes.telegram_server import ANA, TelegramServer

LUIS = {"id": 202, "is_bot": False, "first_name": "Luis", "language_code": "es"}
QUESTION = "¿Cómo se llama mi perro?"


@pytest.fixture
async def telegram(discord: Discord, tmp_path: Path) -> AsyncIterator[Telegram]:
    """Telegram for the house that `discord` opens; the test ends with both."""
    async with TelegramServer() as server:
        await discord.start(leading_to(server))
        try:
            yield Telegram(server, discord.model, tmp_path)
        finally:
            await discord.stop()


async def _code(telegram: Telegram) -> str:
    """The code that /link shows to Ana on Telegram."""
    before = len(telegram.texts())
    await telegram.server.inject("/link")
    await telegram.until(lambda: len(telegram.texts()) > before)
    found = re.search(r"/link (\S+?-\S+)", telegram.texts()[-1])
    assert found
    return found[1].strip("`")


async def _confirm(discord: Discord, asked: Waiting) -> Waiting:
    """Press the one button under the question."""
    [button] = [each for row in asked.messages[0]["components"] for each in row["components"]]
    assert button["label"] == say("es", "commands-link-yes")
    return await discord.answered(discord.server.press(discord.dm, discord.ana, asked.messages[0], button["custom_id"]))


async def test_linked_accounts_are_one_person_with_one_memory_and_not_before(
    telegram: Telegram, discord: Discord
) -> None:
    await telegram.says("Mi perro se llama Toby y nació en Cádiz")
    await discord.says(QUESTION)
    assert "Toby" not in str(discord.prompts[-1])

    code = await _code(telegram)
    asked = await discord.commands("link", code)
    assert f"telegram:{ANA['id']}" in asked.messages[0]["content"]
    await discord.says(QUESTION)
    assert "Toby" not in str(discord.prompts[-1])  # asked, and not yet confirmed

    done = await _confirm(discord, asked)
    assert done.messages[0]["content"] == say("es", "commands-link-done", account=f"telegram:{ANA['id']}")
    await discord.says(QUESTION)
    assert "Toby" in discord.prompts[-1][0]["content"]
    await discord.says("Mi gata se llama Mora")
    await telegram.says("¿Cómo se llama mi gata?")
    assert "Mora" in discord.prompts[-1][0]["content"]


async def test_a_link_code_is_good_once_and_what_is_joined_stays_out_of_groups(
    telegram: Telegram, discord: Discord
) -> None:
    await telegram.says("Mi perro se llama Toby y nació en Cádiz")
    code = await _code(telegram)
    await _confirm(discord, await discord.commands("link", code))
    again = await discord.commands("link", f"{code} yes", where=discord.luis_dm, who=discord.luis)
    assert again.messages[0]["content"] == say("es", "commands-link-wrong")
    await discord.says(f"{discord.mention} ¿cómo se llama mi perro?", where=discord.general)
    await discord.says("¿Cómo se llama el perro de Ana?", where=discord.luis_dm, who=discord.luis)
    assert all("Toby" not in str(prompt) for prompt in discord.prompts[1:])


async def test_one_persons_words_never_appear_in_anothers_prompt_on_any_platform(
    telegram: Telegram, discord: Discord
) -> None:
    await telegram.says("Mi perro se llama Toby")
    await telegram.server.inject("Mi perro se llama Rufo", chat=LUIS["id"], user=LUIS)
    await telegram.until(lambda: telegram.answers(LUIS["id"]))
    await discord.says("Mi perro se llama Lola", where=discord.luis_dm, who=discord.luis)
    await _confirm(discord, await discord.commands("link", await _code(telegram)))
    await discord.says(QUESTION)
    ana = discord.prompts[-1]
    await discord.says(QUESTION, where=discord.luis_dm, who=discord.luis)
    luis_there = discord.prompts[-1]
    await telegram.server.inject(QUESTION, chat=LUIS["id"], user=LUIS)
    await telegram.until(lambda: len(telegram.answers(LUIS["id"])) == 2)
    luis_here = discord.prompts[-1]
    dogs = ("Toby", "Rufo", "Lola")
    assert [dog for dog in dogs if dog in str(ana)] == ["Toby"]
    assert [dog for dog in dogs if dog in str(luis_here)] == ["Rufo"]
    assert [dog for dog in dogs if dog in str(luis_there)] == ["Lola"]
