"""Discord's payloads, through discord.py's parser, as Martín's messages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import parse
from bot.messages import Addressing, AttachmentKind, ChatKind, InboundMessage, Verdict
from tests.adapters.discord.offline import ME, Offline, payload

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def read(name: str, **changed: Any) -> InboundMessage:
    offline = Offline()
    found = parse.message(offline.message({**payload(name), **changed}), bot=offline)
    assert found is not None
    return found


async def test_a_direct_message_says_who_where_and_when() -> None:
    heard = read("direct_message")
    assert (heard.text, heard.addressing) == ("Hola, ¿qué tal?", Addressing.DIRECT)
    assert heard.chat.key == "discord:700000000000000001:"
    assert heard.sent_at.tzinfo is not None
    assert heard.roles == ()


async def test_the_bots_mention_goes_and_other_names_become_readable() -> None:
    heard = read("mention")
    assert heard.text == "dile a @Luis que venga :gato:"
    assert heard.addressing is Addressing.MENTION
    assert heard.roles == ("800000000000000011",)


async def test_a_command_typed_after_a_mention_is_a_command() -> None:
    assert read("mention", content=f"<@{ME}> /new").addressing is Addressing.COMMAND
    assert read("direct_message", content="/help").addressing is Addressing.COMMAND
    assert read("direct_message", content="/etc/hosts no abre").addressing is Addressing.DIRECT


async def test_a_reply_brings_what_it_answers() -> None:
    heard = read("reply")
    assert heard.addressing is Addressing.REPLY
    assert heard.reply_to is not None
    assert (heard.reply_to.text, heard.reply_to.is_mine) == ("Son las tres", True)


async def test_a_reply_to_a_deleted_message_says_which_and_no_more() -> None:
    heard = read("reply_to_deleted")
    assert heard.addressing is Addressing.NONE
    assert heard.reply_to is not None
    assert (heard.reply_to.message_id, heard.reply_to.text) == ("1442081000000000000", "")


async def test_a_forward_is_somebody_elses_words() -> None:
    heard = read("forward")
    assert heard.text == ""
    assert heard.reply_to is not None
    assert (heard.reply_to.text, heard.reply_to.author, heard.reply_to.is_mine) == ("Mañana no hay clase", None, False)


async def test_a_webhook_counts_as_a_bot() -> None:
    assert read("webhook").author.is_bot


async def test_threads_inherit_and_private_threads_do_not() -> None:
    public, private = read("thread_message").chat, read("private_thread_message").chat
    assert (public.kind, public.id, public.thread_id) == (ChatKind.GROUP, "800000000000000002", "800000000000000003")
    assert (private.kind, private.id, private.thread_id) == (ChatKind.PRIVATE_THREAD, "800000000000000004", "")


async def test_an_unknown_place_is_taken_for_the_narrowest() -> None:
    heard = read("thread_message", channel_id="800000000000000099")
    assert (heard.chat.kind, heard.chat.id) == (ChatKind.PRIVATE_THREAD, "800000000000000099")


async def test_notices_and_the_bots_own_words_are_nobodys_message() -> None:
    offline = Offline()
    assert parse.message(offline.message(payload("member_joined")), bot=offline) is None
    own = {**payload("direct_message"), "author": payload("me")}
    assert parse.message(offline.message(own), bot=offline) is None


async def test_voice_messages_and_stickers_are_attachments() -> None:
    (voice,) = read("voice_message").attachments
    assert (voice.kind, voice.mime, voice.size) == (AttachmentKind.VOICE, "audio/ogg", 4096)
    (sticker,) = read("sticker").attachments
    assert (sticker.kind, sticker.name) == (AttachmentKind.OTHER, "Wave")


@pytest.mark.parametrize(
    ("mime", "name", "kind"),
    [
        ("text/plain; charset=utf-8", "a", AttachmentKind.TEXT),
        ("application/json", "a", AttachmentKind.TEXT),
        ("", "main.RS", AttachmentKind.TEXT),
        ("image/png", "a.png", AttachmentKind.IMAGE),
        ("image/svg+xml", "a.svg", AttachmentKind.OTHER),
        ("audio/mpeg", "a.mp3", AttachmentKind.VOICE),
        ("application/pdf", "a.pdf", AttachmentKind.OTHER),
        ("video/mp4", "a.txt.mp4", AttachmentKind.OTHER),
    ],
)
def test_files_are_sorted_by_type_and_name(mime: str, name: str, kind: AttachmentKind) -> None:
    assert parse.attachment_kind(mime=mime, name=name, voice=False) is kind


async def test_a_thumb_of_any_skin_is_a_vote_and_nothing_else_is() -> None:
    offline = Offline()
    where = parse.chat(offline.get_channel(800000000000000002))
    vote = parse.reaction(offline.reaction(payload("reaction")), where=where, added=True, now=NOW)
    assert vote is not None
    assert (vote.verdict, vote.voter.name, vote.message_id) == (Verdict.GOOD, "Ana", "1442081000000000000")
    other = {**payload("reaction"), "emoji": {"id": "123456789012345678", "name": "👍gato"}}
    assert parse.reaction(offline.reaction(other), where=where, added=True, now=NOW) is None


_words = st.text(max_size=200) | st.text(alphabet="<@!&>/0123456789 ab\n\u202e\u0645🐶", max_size=200)


@settings(max_examples=150, deadline=None)
@given(
    content=_words,
    name=st.sampled_from(["direct_message", "mention", "reply", "thread_message", "webhook"]),
    nick=st.none() | st.text(min_size=1, max_size=32),
    flags=st.integers(0, 1 << 15),
    mentions=st.booleans(),
)
async def test_whatever_is_written_is_read_and_keeps_its_identity(
    content: str, name: str, nick: str | None, flags: int, mentions: bool
) -> None:
    offline = Offline()
    original = payload(name)
    data = {**original, "content": content, "flags": flags, "mentions": original["mentions"] if mentions else []}
    if nick and "member" in data:
        data["member"] = {**data["member"], "nick": nick}
    heard = parse.message(offline.message(data), bot=offline)
    assert heard is not None
    assert (heard.message_id, heard.author.account.user_id) == (original["id"], original["author"]["id"])
    assert f"<@{ME}>" not in heard.text
    assert heard.text == heard.text.strip()
    if heard.chat.is_direct:
        assert heard.addressing in {Addressing.DIRECT, Addressing.COMMAND}
