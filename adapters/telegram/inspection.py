"""What `martin doctor` asks of Telegram: is the token taken, and will the bot see what it should?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from telegram.error import InvalidToken, TelegramError

from adapters.telegram import faults
from adapters.telegram.client import OFFICIAL, connected
from bot.errors import BotError


class Level(StrEnum):
    FINE = "fine"
    WARNING = "warning"  # it works, perhaps not as meant
    FAULT = "fault"  # it cannot work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. English, for the terminal, as errors are."""

    level: Level
    message: str
    hint: str = ""


async def inspect(
    *, token: str, api_base_url: str = OFFICIAL, mode: Literal["polling", "webhook"] = "polling", webhook_url: str = ""
) -> Sequence[Finding]:
    """Look at the bot as Telegram knows it. Changes nothing and raises no expected error."""
    try:
        bot, request = connected(token, api_base_url)
    except BotError as error:
        return [_fault(error)]
    await request.initialize()
    try:
        user = await bot.get_me()
        webhook = await bot.get_webhook_info()
    except InvalidToken:
        return [_fault(faults.token_refused())]
    except TelegramError as error:
        hint = "Check the network, a firewall, and telegram.api_base_url."
        return [Finding(level=Level.FAULT, message=f"Telegram does not answer: {error.message}.", hint=hint)]
    finally:
        await request.shutdown()
    findings = [Finding(level=Level.FINE, message=f"Telegram knows the bot as @{user.username}.")]
    if not user.can_join_groups:
        findings.append(
            Finding(
                level=Level.WARNING,
                message="The bot cannot be added to groups.",
                hint="In @BotFather: /setjoingroups, Enable. Nothing to do if that is meant.",
            )
        )
    if user.can_read_all_group_messages:
        findings.append(Finding(level=Level.FINE, message="Privacy mode is off: in groups the bot sees every message."))
    else:
        findings.append(
            Finding(
                level=Level.WARNING,
                message="Privacy mode is on: in groups the bot sees only commands, mentions and replies to it.",
                hint="That is enough to answer. To let a group teach it: @BotFather, /setprivacy, Disable; "
                "then remove the bot from the group and add it again.",
            )
        )
    if mode == "polling" and webhook.url:
        findings.append(
            Finding(
                level=Level.WARNING,
                message="A webhook is set, and telegram.mode is polling.",
                hint="Martín removes it when he starts. If another program needs it, use a bot of your own.",
            )
        )
    if mode == "webhook" and webhook.url and webhook.url != webhook_url:
        findings.append(
            Finding(
                level=Level.WARNING,
                message="Telegram posts to another address than telegram.webhook_url.",
                hint="Martín sets it anew when he starts.",
            )
        )
    if webhook.last_error_message:
        findings.append(
            Finding(
                level=Level.WARNING,
                message=f"Telegram could not post to the webhook: {webhook.last_error_message}.",
                hint="Check that telegram.webhook_url is reachable from outside, with a valid certificate.",
            )
        )
    return findings


def _fault(error: BotError) -> Finding:
    return Finding(level=Level.FAULT, message=error.message, hint=error.hint)
