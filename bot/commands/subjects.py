"""Whom an admin means: "telegram:123", "-100123", "admin discord:7", "remove role 9", "server", or a reply to somebody.

Pure. Names are never read as identities.
"""

import re
from dataclasses import dataclass

from bot.messages import InboundMessage
from memory.grants import Kind

_KINDS = {
    "person": Kind.PERSON, "persona": Kind.PERSON, "user": Kind.PERSON, "usuario": Kind.PERSON,
    "chat": Kind.CHAT, "group": Kind.CHAT, "grupo": Kind.CHAT, "channel": Kind.CHAT, "canal": Kind.CHAT,
    "server": Kind.SERVER, "servidor": Kind.SERVER,
    "role": Kind.ROLE, "rol": Kind.ROLE,
}  # fmt: skip
_SUBJECT = re.compile(r"(?:([a-z]{2,32}):)?([\w.@-]{1,128})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an admin's words point at, and whether to give or to take."""

    kind: Kind
    subject: str  # "platform:id"
    admin: bool = False
    remove: bool = False


def parse(argument: str, message: InboundMessage) -> Target | None:
    """Read `[remove] [admin|person|group|server|role] [[platform:]id]`. None: it cannot be told who is meant.

    Without an id: whoever is replied to, else this server ("server"), else this group.
    """
    words = argument.split()
    remove = bool(words) and words[0].lower() in ("remove", "quitar")
    if remove:
        words = words[1:]
    admin = bool(words) and words[0].lower() == "admin"
    if admin:
        words = words[1:]
    kind = Kind.PERSON if admin else None
    if kind is None and words and words[0].lower() in _KINDS:
        kind = _KINDS[words[0].lower()]
        words = words[1:]
    if len(words) > 1:
        return None
    found = _named(words[0], kind, message) if words else _implied(kind, message)
    return None if found is None else Target(kind=found[0], subject=found[1], admin=admin, remove=remove)


def _named(word: str, kind: Kind | None, message: InboundMessage) -> tuple[Kind, str] | None:
    written = _SUBJECT.fullmatch(word)
    if written is None or (not any(letter.isdigit() for letter in written[2]) and written[1] is None):
        return None  # a bare word is a name, and names can be copied
    if kind is None:  # Telegram numbers groups below zero
        kind = Kind.CHAT if written[2].startswith("-") else Kind.PERSON
    return kind, f"{written[1] or message.chat.platform}:{written[2]}"


def _implied(kind: Kind | None, message: InboundMessage) -> tuple[Kind, str] | None:
    chat = message.chat
    quoted = message.reply_to
    if quoted is not None and quoted.author is not None and not quoted.is_mine and kind in (None, Kind.PERSON):
        return Kind.PERSON, str(quoted.author.account)
    if kind is Kind.SERVER and chat.server_id:
        return kind, f"{chat.platform}:{chat.server_id}"
    if kind in (None, Kind.CHAT) and not chat.is_direct:
        return Kind.CHAT, f"{chat.platform}:{chat.id}"
    return None
