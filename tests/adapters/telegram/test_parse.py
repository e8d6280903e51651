import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.parse import Malformed, Me, parse
from bot.messages import (
    Addressing,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundMessage,
    InboundVote,
    Verdict,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
ME = Me(id=7000000001, username="martin_test_bot")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def read(name: str) -> Inbound | None:
    return parse(payload(name), ME, now=NOW)


def message(name: str) -> InboundMessage:
    found = read(name)
    assert isinstance(found, InboundMessage)
    return found


def vote(name: str) -> InboundVote:
    found = read(name)
    assert isinstance(found, InboundVote)
    return found


def test_a_direct_message_says_who_where_and_when() -> None:
    found = message("text_in_direct_chat")
    assert found.text == "Mi perro se llama Toby"
    assert (found.chat.kind, found.chat.id, found.chat.thread_id) == (ChatKind.DIRECT, "101", "")
    assert (str(found.author.account), found.author.name) == ("telegram:101", "Ana Gil")
    assert found.addressing is Addressing.DIRECT
    assert found.sent_at == datetime.fromtimestamp(1790000000, UTC)
    assert found.language == "es"


def test_a_command_keeps_its_arguments() -> None:
    assert message("command_in_direct_chat").text == "/forget todo lo de ayer"


def test_a_mention_is_found_by_utf16_offsets_and_taken_out() -> None:
    found = message("mention_after_emoji")
    assert found.addressing is Addressing.MENTION
    assert found.text == "🐶👨‍👩‍👧 ¿cómo se llama mi perro?"


def test_a_mention_by_a_linked_name_is_taken_out() -> None:
    found = message("mention_by_name")
    assert (found.addressing, found.text) == (Addressing.MENTION, "Oye dime la hora")


def test_what_is_said_to_somebody_else_is_said_to_nobody() -> None:
    assert message("mention_of_somebody_else").addressing is Addressing.NONE


def test_a_command_with_our_name_is_ours_and_loses_the_name() -> None:
    found = message("command_to_us_by_name")
    assert (found.addressing, found.text) == (Addressing.COMMAND, "/memories perro")


def test_a_command_to_another_bot_is_ignored() -> None:
    assert read("command_to_another_bot") is None


def test_a_reply_to_us_is_for_us_and_a_topic_is_a_thread_of_its_group() -> None:
    found = message("reply_to_us_in_topic")
    assert found.addressing is Addressing.REPLY
    assert (found.chat.id, found.chat.thread_id) == ("-1001234", "9")
    assert found.reply_to is not None
    assert (found.reply_to.is_mine, found.reply_to.text) == (True, "Se llama Toby.")


def test_a_message_in_a_topic_does_not_reply_to_the_topics_creation() -> None:
    found = message("first_message_in_topic_made_by_us")
    assert found.addressing is Addressing.NONE
    assert found.reply_to is None


def test_a_reply_outside_forums_opens_no_thread_and_keeps_the_quoted_part() -> None:
    found = message("reply_with_quote")
    assert found.chat.thread_id == ""
    assert found.reply_to is not None
    assert found.reply_to.text == "Toby"
    assert found.reply_to.author is not None
    assert found.reply_to.author.name == "Luis"


def test_an_anonymous_admin_speaks_as_the_group_and_is_no_bot() -> None:
    found = message("anonymous_admin")
    assert (found.author.account.user_id, found.author.is_bot) == ("-1001234", False)


@pytest.mark.parametrize("name", ["channel_post_in_discussion_group", "another_bot"])
def test_what_no_person_wrote_is_marked(name: str) -> None:
    assert message(name).author.is_bot


@pytest.mark.parametrize("name", ["somebody_joined", "edited", "kicked"])
def test_what_says_nothing_is_ignored(name: str) -> None:
    assert read(name) is None


def test_of_a_photo_the_largest_size_is_taken_and_its_caption_is_the_text() -> None:
    found = message("photo_with_caption")
    assert found.text == "¿Qué raza es?"
    (photo,) = found.attachments
    assert (photo.kind, photo.ref, photo.size) == (AttachmentKind.IMAGE, "big", 150000)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text_file", AttachmentKind.TEXT),
        ("picture_as_file", AttachmentKind.IMAGE),
        ("voice", AttachmentKind.VOICE),
        ("animation", AttachmentKind.OTHER),
        ("location", AttachmentKind.OTHER),
    ],
)
def test_a_file_is_known_by_its_kind(name: str, kind: AttachmentKind) -> None:
    (found,) = message(name).attachments
    assert found.kind is kind


@pytest.mark.parametrize(("name", "verdict"), [("vote", Verdict.BAD), ("vote_on_old_message", Verdict.GOOD)])
def test_a_button_votes_also_under_a_message_telegram_shows_no_more(name: str, verdict: Verdict) -> None:
    found = vote(name)
    assert found.verdict is verdict
    assert found.voted_at == NOW
    assert found.voter.account.user_id == "101"


def test_a_choice_is_its_command_in_the_name_of_who_pressed() -> None:
    found = message("choice")
    assert found.text == "/forget everything yes"
    assert found.author.account.user_id == "101"
    assert found.message_id == "press:4382bfdwdsb323b2d9"


@pytest.mark.parametrize("name", ["forged_choice", "forged_vote", "choice_on_old_message"])
def test_data_that_no_button_of_the_message_carries_is_ignored(name: str) -> None:
    assert read(name) is None


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("reaction", Verdict.BAD), ("reaction_changed", Verdict.GOOD), ("reaction_taken_back", Verdict.NONE)],
)
def test_a_reaction_is_a_vote(name: str, verdict: Verdict) -> None:
    found = vote(name)
    assert (found.verdict, found.message_id) == (verdict, "70")


@pytest.mark.parametrize("name", ["other_reaction", "anonymous_reaction"])
def test_a_reaction_that_is_no_vote_is_ignored(name: str) -> None:
    assert read(name) is None


def test_halves_of_emoji_and_nul_become_text_that_can_be_stored() -> None:
    update = payload("text_in_direct_chat")
    update["message"]["text"] = "a\ud83d b\0c"
    found = parse(update, ME, now=NOW)
    assert isinstance(found, InboundMessage)
    assert found.text == "a� bc"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


@given(name=st.sampled_from(NAMES), data=st.data())
def test_whatever_stands_in_any_field_it_is_read_or_called_malformed(name: str, data: st.DataObject) -> None:
    update = payload(name)
    node: Any = update
    while True:  # walk to some place in the update and put something else there
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(JSON)
        break
    try:
        found = parse(update, ME, now=NOW)
    except Malformed:
        return
    if isinstance(found, InboundMessage):
        (found.text + found.author.name + found.chat.title).encode()  # storable
        int(found.chat.id)


@given(update=st.dictionaries(st.sampled_from(["message", "callback_query", "message_reaction", "poll"]), JSON))
def test_any_json_is_read_or_called_malformed(update: dict[str, Any]) -> None:
    with contextlib.suppress(Malformed):
        parse(update, ME, now=NOW)


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_a_mention_is_found_wherever_it_stands(before: str, after: str) -> None:
    update = payload("mention_after_emoji")
    name = "@martin_test_bot"
    update["message"]["text"] = before + name + after
    offset = len(before.encode("utf-16-le")) // 2
    update["message"]["entities"] = [{"type": "mention", "offset": offset, "length": len(name)}]
    found = parse(update, ME, now=NOW)
    assert isinstance(found, InboundMessage)
    assert found.addressing is Addressing.MENTION
    assert name not in found.text or name in before + after
    assert before.strip().replace("\0", "") in found.text
