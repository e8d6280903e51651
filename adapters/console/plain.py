"""A message as text alone."""

import re

from bot.messages import Choice, OutboundMessage

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(message: OutboundMessage) -> str:
    """The message's Markdown and its choices."""
    return printable("\n".join([message.text.rstrip(), *map(_typed, message.choices)]))


def _typed(choice: Choice) -> str:
    """What a button would say, and what to type in its place."""
    if choice.label == choice.command:
        return f"- `{choice.command}`"
    colon = "" if choice.label.endswith(("?", "!", ".")) else ":"
    return f"- {choice.label}{colon} `{choice.command}`"


def printable(text: str) -> str:
    """`text` without what a terminal would take for a command."""
    return _CONTROL.sub("", text)
