"""A message as text alone."""

import re

from bot.messages import OutboundMessage

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(message: OutboundMessage) -> str:
    """The message's Markdown and its choices."""
    choices = [f"- {choice.label}: `{choice.command}`" for choice in message.choices]
    return printable("\n".join([message.text.rstrip(), *choices]))


def printable(text: str) -> str:
    """`text` without what a terminal would take for a command."""
    return _CONTROL.sub("", text)
