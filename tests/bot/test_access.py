"""The door: who may speak, and whether it is for Martín."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.access import Policy, Ruling, decide
from bot.messages import Addressing, Chat, ChatKind, InboundVote, Verdict
from memory.grants import Book, Kind, Privilege
from memory.people import Person
from memory.records import Account, PersonId
from memory.schema import accounts, people
from tests.fakes.household import (
    CHANNEL,
    GROUP,
    NOW,
    OWNER,
    Household,
    author,
    direct,
    discord,
    household,
    message,
    telegram,
)

ANA = telegram("7")


def book(*grants: tuple[Privilege, Kind, str]) -> Book:
    return Book(grants=frozenset(grants), homes=frozenset({"terminal"}))


def ruled(
    held: Book,
    *,
    account: Account = ANA,
    name: str = "Ana",
    chat: Chat | None = None,
    policy: Policy = Policy.PAIRING,
    addressing: Addressing = Addressing.MENTION,
    roles: tuple[str, ...] = (),
    person: Person | None = None,
    listens: bool = False,
    is_bot: bool = False,
) -> Ruling:
    return decide(
        author=author(account, name=name, is_bot=is_bot),
        person=person,
        chat=chat or direct(account),
        roles=roles,
        addressing=addressing,
        book=held,
        policy=policy,
        listens=listens,
    )


async def strangers_kept(home: Household) -> int:
    async with home.database.reading() as connection:
        held = await connection.scalar(select(func.count()).select_from(people)) or 0
        return held + (await connection.scalar(select(func.count()).select_from(accounts)) or 0)


@pytest.mark.parametrize(
    ("policy", "ruling"),
    [(Policy.PAIRING, Ruling.STRANGER), (Policy.ALLOWLIST, Ruling.CLOSED), (Policy.OPEN, Ruling.ANSWER)],
)
def test_what_becomes_of_a_stranger_is_the_policys_to_say(policy: Policy, ruling: Ruling) -> None:
    assert ruled(book(), policy=policy) is ruling


@pytest.mark.parametrize(
    "held",
    [
        (Privilege.ALLOWED, Kind.CHAT, "discord:50"),
        (Privilege.ALLOWED, Kind.SERVER, "discord:5"),
        (Privilege.ALLOWED, Kind.ROLE, "discord:9"),
        (Privilege.ALLOWED, Kind.PERSON, "discord:7"),
        (Privilege.ADMIN, Kind.PERSON, "discord:7"),
    ],
)
def test_in_a_group_any_one_allowance_is_enough(held: tuple[Privilege, Kind, str]) -> None:
    assert ruled(book(held), account=discord("7"), chat=CHANNEL, roles=("9",)) is Ruling.ANSWER
    assert ruled(book(), account=discord("7"), chat=CHANNEL, roles=("9",)) is Ruling.UNINVITED


def test_members_of_an_allowed_group_are_strangers_outside_it() -> None:
    held = book((Privilege.ALLOWED, Kind.CHAT, "telegram:-100"))
    assert ruled(held, chat=GROUP) is Ruling.ANSWER
    assert ruled(held) is Ruling.STRANGER


def test_the_same_id_on_another_platform_is_not_the_same_group() -> None:
    held = book((Privilege.ALLOWED, Kind.CHAT, "telegram:50"))
    assert ruled(held, account=discord("7"), chat=CHANNEL) is Ruling.UNINVITED


def test_a_server_that_is_not_named_matches_no_grant() -> None:
    held = book((Privilege.ALLOWED, Kind.SERVER, "telegram:5"))
    assert ruled(held, chat=GROUP) is Ruling.UNINVITED


@pytest.mark.parametrize("kind", list(Kind))
def test_a_ban_wins_over_being_allowed_and_over_an_open_door(kind: Kind) -> None:
    subject = {Kind.PERSON: "discord:7", Kind.CHAT: "discord:50", Kind.SERVER: "discord:5", Kind.ROLE: "discord:9"}
    held = book(
        (Privilege.BANNED, kind, subject[kind]),
        (Privilege.ALLOWED, Kind.PERSON, "discord:7"),
        (Privilege.ALLOWED, Kind.CHAT, "discord:50"),
    )
    ruling = ruled(held, account=discord("7"), chat=CHANNEL, roles=("9",), policy=Policy.OPEN)
    assert ruling is Ruling.IGNORE


def test_an_admin_is_not_locked_out() -> None:
    held = book(
        (Privilege.ADMIN, Kind.PERSON, "telegram:7"),
        (Privilege.BANNED, Kind.PERSON, "telegram:7"),
        (Privilege.BANNED, Kind.CHAT, "telegram:-100"),
    )
    assert ruled(held) is Ruling.ANSWER
    assert ruled(held, chat=GROUP) is Ruling.ANSWER


def test_what_is_said_to_others_is_heard_only_where_the_group_lets_martin_listen() -> None:
    held = book((Privilege.ALLOWED, Kind.CHAT, "telegram:-100"))
    assert ruled(held, chat=GROUP, addressing=Addressing.NONE) is Ruling.IGNORE
    assert ruled(held, chat=GROUP, addressing=Addressing.NONE, listens=True) is Ruling.LISTEN
    assert ruled(book(), chat=GROUP, addressing=Addressing.NONE, listens=True) is Ruling.IGNORE


def test_whoever_does_not_want_to_be_remembered_is_not_overheard() -> None:
    held = book((Privilege.ALLOWED, Kind.CHAT, "telegram:-100"))
    shy = Person(id=PersonId(1), name="Ana", accounts=(ANA,), remembers=False)
    assert ruled(held, chat=GROUP, addressing=Addressing.NONE, listens=True, person=shy) is Ruling.IGNORE


@given(
    name=st.text(),
    user=st.text(alphabet="0123456789", min_size=1).filter(lambda text: text != "7"),
    policy=st.sampled_from(Policy),
    kind=st.sampled_from(ChatKind),
    addressing=st.sampled_from(Addressing),
    listens=st.booleans(),
)
def test_other_bots_are_never_answered_nor_heard(
    name: str, user: str, policy: Policy, kind: ChatKind, addressing: Addressing, listens: bool
) -> None:
    account = telegram(user)
    held = book((Privilege.ADMIN, Kind.PERSON, str(account)))
    chat = Chat(platform="telegram", id="x", kind=kind)
    ruling = ruled(
        held,
        account=account,
        name=name,
        chat=chat,
        policy=policy,
        addressing=addressing,
        listens=listens,
        is_bot=True,
    )
    assert ruling is Ruling.IGNORE


@given(name=st.text(), user=st.text(alphabet="0123456789", min_size=1).filter(lambda text: text != "7"))
def test_no_name_opens_the_door(name: str, user: str) -> None:
    held = book((Privilege.ADMIN, Kind.PERSON, str(ANA)), (Privilege.ALLOWED, Kind.PERSON, str(ANA)))
    assert ruled(held, account=telegram(user), name=name) is Ruling.STRANGER
    assert ruled(held, account=telegram(user), name=name, chat=GROUP) is Ruling.UNINVITED


async def test_a_refused_message_leaves_no_person_behind(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        refused = [
            message("hola", ANA),
            message("hola", ANA, chat=GROUP, addressing=Addressing.MENTION),
            message("hola", ANA, chat=GROUP, addressing=Addressing.NONE),
        ]
        for each in refused:
            decision = await home.check(each)
            assert decision.is_refused
            assert decision.person is None
        assert await strangers_kept(home) == 0


async def test_a_stranger_is_shown_the_same_code_and_not_at_every_word(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        notices = [(await home.check(message(f"hola {number}", ANA))).notice for number in range(5)]
        assert notices[0]
        assert notices[:2] == [notices[0]] * 2
        assert notices[2:] == ["", "", ""]
        later = await home.check(message("¿hola?", ANA), now=NOW + timedelta(minutes=2))
        assert later.notice == notices[0]
        expired = await home.check(message("¿hola?", ANA), now=NOW + timedelta(minutes=11))
        assert expired.notice
        assert expired.notice != notices[0]


async def test_a_stranger_is_spoken_to_in_the_platforms_language(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        decision = await home.check(message("hello", ANA, language="en-GB"))
        assert decision.language == "en"
        assert decision.notice.startswith("Hello")


async def test_a_group_that_nobody_allowed_is_told_once_a_day(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        first = await home.check(message("hola", ANA, chat=GROUP, addressing=Addressing.MENTION))
        again = await home.check(message("hola", telegram("8"), chat=GROUP, addressing=Addressing.MENTION))
        assert first.ruling is Ruling.UNINVITED
        assert "/allow" in first.notice
        assert again.notice == ""


async def test_an_admin_may_speak_in_a_group_that_nobody_allowed_so_that_it_can_be(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        decision = await home.check(message("/allow", OWNER, chat=GROUP, addressing=Addressing.COMMAND))
        assert decision.ruling is Ruling.ANSWER
        assert decision.is_admin


async def test_under_an_allowlist_a_stranger_is_told_once_and_gets_no_code(tmp_path: Path) -> None:
    async with household(tmp_path, policy=Policy.ALLOWLIST, users=["telegram:8"]) as home:
        refused = await home.check(message("hola", ANA))
        assert refused.ruling is Ruling.CLOSED
        assert refused.notice
        assert (await home.check(message("hola", ANA))).notice == ""
        assert await home.pairing.waiting(now=NOW) == []
        assert (await home.check(message("hola", telegram("8")))).ruling is Ruling.ANSWER


async def test_a_banned_person_is_met_with_silence(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await home.grants.give(Privilege.BANNED, Kind.PERSON, str(ANA), by=None, now=NOW)
        decision = await home.check(message("hola", ANA))
        assert decision.ruling is Ruling.IGNORE
        assert decision.notice == ""
        assert await home.pairing.waiting(now=NOW) == []


async def test_votes_come_only_from_who_may_speak(tmp_path: Path) -> None:
    def vote(account: Account) -> InboundVote:
        return InboundVote(
            chat=direct(account), message_id="5", voter=author(account), verdict=Verdict.GOOD, voted_at=NOW
        )

    async with household(tmp_path) as home:
        stranger = await home.check(vote(ANA))
        assert stranger.is_refused
        assert stranger.notice == ""
        owner = await home.check(vote(OWNER))
        assert owner.ruling is Ruling.ANSWER
        assert owner.person is not None


async def test_listening_knows_who_spoke_so_that_they_can_be_forgotten(tmp_path: Path) -> None:
    async with household(tmp_path, groups=["telegram:-100"]) as home:
        owner = await home.meet(OWNER)
        await home.visit(GROUP)
        await home.rooms.set_listens("telegram", "-100", True, by=owner.id, now=NOW)
        decision = await home.check(message("el lunes cerramos", ANA, chat=GROUP, addressing=Addressing.NONE))
        assert decision.ruling is Ruling.LISTEN
        assert decision.person is not None
        assert decision.person.accounts == (ANA,)
