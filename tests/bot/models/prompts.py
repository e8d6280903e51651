"""Prompts for the models' tests, and how their answers are read."""

from datetime import UTC, datetime, timedelta

from bot.model import ChatModel, Limits, Prompt
from memory.records import Account, Author, PersonId, Role, Turn

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ANA = Author(account=Account(platform="telegram", user_id="1"), name="Ana", person=PersonId(12))
LUIS = Author(account=Account(platform="telegram", user_id="2"), name="Luis", person=PersonId(13))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def said(text: str, *, author: Author = ANA, images: tuple[bytes, ...] = ()) -> Turn:
    return Turn(role=Role.USER, text=text, said_at=NOW, author=author, images=images)


def answered(text: str) -> Turn:
    return Turn(role=Role.ASSISTANT, text=text, said_at=NOW)


def ask(*turns: Turn | str, system: str = "Eres Martín.", labels: bool = False) -> Prompt:
    turns = turns or ("Hola",)
    return Prompt(
        system=system,
        turns=[said(turn) if isinstance(turn, str) else turn for turn in turns],
        speaker_labels=labels,
    )


def seconds(*, first: float = 10, between: float = 10, total: float = 30, tokens: int = 1024) -> Limits:
    return Limits(
        max_tokens=tokens,
        first_token=timedelta(seconds=first),
        between_tokens=timedelta(seconds=between),
        total=timedelta(seconds=total),
    )


async def heard(model: ChatModel, prompt: Prompt | None = None, limits: Limits | None = None) -> str:
    return "".join([piece async for piece in model.stream(prompt or ask(), limits=limits or seconds())])
