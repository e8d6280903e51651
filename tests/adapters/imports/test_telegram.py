from datetime import UTC, datetime

from adapters.imports import telegram
from adapters.imports.source import Reason
from tests.adapters.imports.reading import said, skipped

CHAT, ACCOUNT = "telegram-chat.json", "telegram-account.json"


def test_entities_become_plain_text_with_their_links() -> None:
    texts = [turn.text for turn in said(telegram.read, CHAT)]
    assert texts == ["¿Dónde nació Toby?", "En Cádiz, mira la foto (https://example.org/toby)", "📷", "Ya me acuerdo"]


def test_speaker_time_and_reply_are_kept() -> None:
    last = said(telegram.read, CHAT)[-1]
    assert (last.speaker, last.speaker_id, last.answers) == ("Ana Ruiz", "user4242", ("2",))
    assert last.said_at == datetime(2023, 5, 1, 8, 4, tzinfo=UTC)


def test_a_picture_without_words_is_no_memory() -> None:
    assert [turn.memorable for turn in said(telegram.read, CHAT)] == [True, True, False, True]


def test_notices_and_broken_messages_are_counted() -> None:
    assert [row.reason for row in skipped(telegram.read, CHAT)] == [Reason.SERVICE, Reason.UNREADABLE]


def test_a_whole_account_keeps_its_chats_apart() -> None:
    turns = said(telegram.read, ACCOUNT)
    assert [(turn.conversation.title, turn.conversation.direct) for turn in turns] == [
        ("7", True),
        ("El club", False),
        ("Antiguo", False),
    ]


def test_an_exported_group_is_the_live_groups_memory() -> None:
    scopes = [str(turn.conversation.scope) for turn in said(telegram.read, ACCOUNT)]
    assert scopes == ["place:telegram:7", "place:telegram:-10099", "place:telegram:-5"]
