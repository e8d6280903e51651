"""Messages to JSON and back, for the inbox and the outbox.

Files are left out of what is kept: an export must not lie in the log. Whoever sends one makes it again.
"""

from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from bot.messages import InboundMessage, OutboundMessage

_INBOUND = TypeAdapter(InboundMessage)
_OUTBOUND = TypeAdapter(OutboundMessage)


class Unreadable(ValueError):
    """What was kept is not a message: another version wrote it, or the file is damaged."""


def encode_inbound(message: InboundMessage) -> str:
    return _INBOUND.dump_json(message).decode()


def decode_inbound(text: str) -> InboundMessage:
    """Raises Unreadable."""
    try:
        return _INBOUND.validate_json(text)
    except ValidationError as error:
        raise Unreadable(f"Not a kept message: {error.error_count()} faults.") from error


def encode_outbound(message: OutboundMessage) -> str:
    return _OUTBOUND.dump_json(replace(message, files=())).decode()


def decode_outbound(text: str) -> OutboundMessage:
    """Raises Unreadable."""
    try:
        return _OUTBOUND.validate_json(text)
    except ValidationError as error:
        raise Unreadable(f"Not a kept message: {error.error_count()} faults.") from error
