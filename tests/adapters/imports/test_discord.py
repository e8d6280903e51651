from datetime import UTC, datetime

from adapters.imports import discord
from adapters.imports.source import Reason
from tests.adapters.imports.reading import said, skipped


def test_messages_keep_author_time_attachments_and_reply() -> None:
    asked, answer = said(discord.read, "discord.json")
    assert (asked.speaker, asked.speaker_id, asked.text) == ("Eva", "11", "¿Quién trae el postre?")
    assert asked.said_at == datetime(2023, 6, 1, 8, 0, 0, 123000, tzinfo=UTC)
    assert (answer.text, answer.answers) == ("Yo: tarta de queso\n📎 tarta.png", ("301",))


def test_a_channel_is_one_group() -> None:
    conversation = said(discord.read, "discord.json")[0].conversation
    assert (str(conversation.scope), conversation.title, conversation.direct) == (
        "place:discord:200",
        "Casa #cocina",
        False,
    )


def test_joins_and_empty_messages_are_counted() -> None:
    assert [row.reason for row in skipped(discord.read, "discord.json")] == [Reason.SERVICE, Reason.EMPTY]
