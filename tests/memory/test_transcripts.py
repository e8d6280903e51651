"""The inbox, the outbox, the log and the votes, over a real SQLite."""

from memory.database import Database
from memory.inbox import Inbox
from memory.outbox import DeliveryState, Outbox, Purpose
from memory.people import People
from memory.records import Account, Author, ConversationId, InboxId, PersonId, Role, Scope, TurnId
from memory.transcripts import Answered, Outcome, Said, Transcripts, Written
from memory.votes import Votes
from tests.memory.conftest import NOW


async def _received(database: Database, conversation: ConversationId, message_id: str) -> InboxId:
    inbox_id = await Inbox(database).receive(
        conversation=conversation, platform="telegram", chat_id="7", message_id=message_id, payload="{}", now=NOW
    )
    assert inbox_id is not None
    return inbox_id


def _answer(
    conversation: ConversationId,
    inbox_id: InboxId,
    asked: Said,
    response: Said,
    *,
    person: PersonId | None = None,
    again: TurnId | None = None,
) -> Answered:
    return Answered(
        conversation=conversation,
        inputs=[] if again else [asked],
        again=again,
        response=response,
        inbox_ids=[inbox_id],
        person=person,
        provider="ollama",
        model="m",
        adapter="",
        consents=False,
        outcome=Outcome.COMPLETE,
        recalled=[],
        started_at=NOW,
        pieces=["{}"],
    )


async def _answered(
    database: Database, conversation: ConversationId, inbox_id: InboxId, *, again: TurnId | None = None
) -> tuple[Written, PersonId]:
    author = Author(account=Account(platform="telegram", user_id="7"), name="Ana")
    person = await People(database).resolve(author, now=NOW)
    scope = Scope.person(person.id)
    asked = Said(
        role=Role.USER, text="hola", said_at=NOW, scope=scope, person=person.id, platform="telegram", user_id="7"
    )
    response = Said(role=Role.ASSISTANT, text="qué tal", said_at=NOW, scope=scope)
    answer = _answer(conversation, inbox_id, asked, response, person=person.id, again=again)
    return await Transcripts(database).finish(answer, now=NOW), person.id


async def test_a_redelivered_message_is_taken_once(database: Database, conversation: ConversationId) -> None:
    await _received(database, conversation, "1")
    again = await Inbox(database).receive(
        conversation=conversation, platform="telegram", chat_id="7", message_id="1", payload="{}", now=NOW
    )
    assert again is None


async def test_a_refused_message_leaves_only_its_id(database: Database) -> None:
    inbox = Inbox(database)
    assert await inbox.refuse(platform="telegram", chat_id="9", message_id="1", now=NOW)
    assert not await inbox.refuse(platform="telegram", chat_id="9", message_id="1", now=NOW)
    assert await inbox.waiting("telegram") == []


async def test_what_was_received_and_not_answered_waits_for_the_next_start(
    database: Database, conversation: ConversationId
) -> None:
    first = await _received(database, conversation, "1")
    second = await _received(database, conversation, "2")
    await _answered(database, conversation, first)
    assert [each.id for each in await Inbox(database).waiting("telegram")] == [second]
    assert await Inbox(database).waiting("discord") == []


async def test_an_answer_is_undelivered_until_the_platform_has_it(
    database: Database, conversation: ConversationId
) -> None:
    outbox = Outbox(database)
    written, _ = await _answered(database, conversation, await _received(database, conversation, "1"))
    [delivery] = await outbox.undelivered("telegram")
    assert delivery == written.deliveries[0]
    await outbox.delivered(delivery.id, message_id="55")
    assert await outbox.undelivered("telegram") == []


async def test_the_final_text_goes_where_the_preview_was(database: Database, conversation: ConversationId) -> None:
    outbox = Outbox(database)
    inbox_id = await _received(database, conversation, "1")
    await outbox.growing(inbox_id, conversation=conversation, piece=0, nonce="n", message_id="55", now=NOW)
    [shown] = await outbox.started(inbox_id)
    assert (shown.message_id, shown.state) == ("55", DeliveryState.GROWING)
    written, _ = await _answered(database, conversation, inbox_id)
    assert [(each.message_id, each.nonce) for each in written.deliveries] == [("55", "n")]


async def test_recent_turns_begin_where_new_was_said(database: Database, conversation: ConversationId) -> None:
    transcripts = Transcripts(database)
    await _answered(database, conversation, await _received(database, conversation, "1"))
    turns = await transcripts.recent(conversation, limit=10)
    assert [(turn.role, turn.text) for turn in turns] == [(Role.USER, "hola"), (Role.ASSISTANT, "qué tal")]
    assert turns[0].author is not None
    assert turns[0].author.account.user_id == "7"


async def test_a_retry_replaces_the_older_answer(database: Database, conversation: ConversationId) -> None:
    transcripts = Transcripts(database)
    written, _ = await _answered(database, conversation, await _received(database, conversation, "1"))
    last = await transcripts.last_exchange(conversation)
    assert last is not None
    assert last.input.text == "hola"
    second, _ = await _answered(
        database, conversation, await _received(database, conversation, "2"), again=last.input_id
    )
    assert second.replaced == [written.response]
    assert [turn.id for turn in await transcripts.recent(conversation, limit=10)] == [last.input_id, second.response]


async def test_one_person_has_one_vote_and_may_change_it(database: Database, conversation: ConversationId) -> None:
    votes = Votes(database)
    written, person = await _answered(database, conversation, await _received(database, conversation, "1"))
    await Outbox(database).delivered(written.deliveries[0].id, message_id="55")
    found = await votes.voted_on(platform="telegram", chat_id="7", message_id="55")
    assert found is not None
    assert (found.exchange, found.purpose) == (written.exchange, Purpose.ANSWER)
    assert await votes.vote(found.exchange, person=person, verdict="good", now=NOW) == ""
    assert await votes.vote(found.exchange, person=person, verdict="bad", now=NOW) == "good"
    assert await votes.verdict(found.exchange, person=person) == "bad"


async def test_a_vote_under_a_message_of_another_chat_finds_nothing(
    database: Database, conversation: ConversationId
) -> None:
    written, _ = await _answered(database, conversation, await _received(database, conversation, "1"))
    await Outbox(database).delivered(written.deliveries[0].id, message_id="55")
    votes = Votes(database)
    assert await votes.voted_on(platform="telegram", chat_id="8", message_id="55") is None
    assert await votes.voted_on(platform="discord", chat_id="7", message_id="55") is None


async def test_what_a_forgotten_account_said_is_not_written(database: Database, conversation: ConversationId) -> None:
    scope = Scope.person(PersonId(1))
    gone = Said(role=Role.USER, text="secreto", said_at=NOW, scope=scope, platform="telegram", user_id="404")
    response = Said(role=Role.ASSISTANT, text="secreto, dices", said_at=NOW, scope=scope)
    answer = _answer(conversation, await _received(database, conversation, "1"), gone, response)
    written = await Transcripts(database).finish(answer, now=NOW)
    assert (list(written.inputs), written.response, written.exchange) == ([], None, None)
    assert len(written.deliveries) == 1  # whoever it was is answered all the same
    assert await Transcripts(database).recent(conversation, limit=10) == []
