"""Codes in use: a stranger is let in, the first admin is made."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.access import Policy, Ruling
from bot.messages import Chat, ChatKind
from bot.pairing import LIFE, Petition
from memory import codes
from memory.grants import Privilege
from tests.fakes.household import GROUP, NOW, OWNER, Household, direct, household, message, telegram

ANA = telegram("7")


async def code_for(home: Household) -> str:
    code = await home.pairing.invite(message("hola", ANA), language="es", now=NOW)
    assert code is not None
    return code


async def test_a_stranger_whom_an_admin_approves_may_speak(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        owner = await home.meet(OWNER)
        code = await code_for(home)
        petition = await home.pairing.approve(code, by=owner.id, admin=OWNER, now=NOW)
        assert petition == Petition(account=ANA, name="Ana", language="es", chat=direct(ANA))
        assert (await home.check(message("hola", ANA))).ruling is Ruling.ANSWER


async def test_the_command_line_approves_without_a_person(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        assert await home.pairing.approve(await code_for(home), by=None, now=NOW) is not None


async def test_an_expired_code_lets_nobody_in(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        code = await code_for(home)
        assert await home.pairing.approve(code, by=None, now=NOW + LIFE) is None
        assert (await home.check(message("hola", ANA))).is_refused


async def test_whoever_guesses_too_often_is_not_heard_even_when_right(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        code = await code_for(home)
        elsewhere = "AAA" if not code.startswith("AAA") else "BBB"
        for _ in range(5):
            assert await home.pairing.approve(f"{elsewhere}-ABCDEF", by=None, admin=OWNER, now=NOW) is None
        assert await home.pairing.approve(code, by=None, admin=OWNER, now=NOW) is None
        patient = NOW + timedelta(minutes=9, seconds=59)
        assert await home.pairing.approve(code, by=None, admin=OWNER, now=patient) is None
        assert await home.pairing.approve(code, by=None, admin=telegram("2"), now=patient) is not None


async def test_after_a_restart_a_stranger_gets_a_new_code_and_the_old_one_is_dead(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        old = await code_for(home)
    async with household(tmp_path) as home:
        new = await code_for(home)
        assert await home.pairing.approve(old, by=None, now=NOW) is None
        assert await home.pairing.approve(new, by=None, now=NOW) is not None


async def test_who_waits_is_listed_by_account(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await code_for(home)
        assert [str(each.account) for each in await home.pairing.waiting(now=NOW)] == ["telegram:7"]


async def test_a_flood_of_strangers_is_met_with_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "OPEN_AT_ONCE", 2)
    async with household(tmp_path) as home:
        notices = [(await home.check(message("hola", telegram(str(number))))).notice for number in range(10, 13)]
        assert [bool(notice) for notice in notices] == [True, True, False]


async def test_a_petition_is_the_same_after_being_kept() -> None:
    chat = Chat(platform="telegram", id="7", kind=ChatKind.DIRECT, title="Ana ñ \U0001f469")
    petition = Petition(account=ANA, name='Ana "la" de Cádiz', language="en", chat=chat)
    assert Petition.load(petition.dump()) == petition


@pytest.mark.parametrize("form", ["{}", "/pair {}", "/start {}", "/pair@martin_bot  {} ", " {} "])
@pytest.mark.parametrize("policy", list(Policy))
async def test_whoever_sends_the_first_starts_code_is_the_admin(tmp_path: Path, form: str, policy: Policy) -> None:
    async with household(tmp_path, policy=policy, admins=()) as home:
        code = await home.pairing.first_admin_code(now=NOW)
        assert code is not None
        decision = await home.check(message(form.format(code.lower()), ANA))
        assert decision.ruling is Ruling.CLAIMED
        assert decision.notice
        assert (await home.check(message("hola", ANA))).is_admin
        assert (await home.check(message(code, telegram("8")))).ruling is not Ruling.CLAIMED
        assert [each.subject for each in await home.grants.listed(Privilege.ADMIN)] == ["telegram:7"]


async def test_there_is_no_first_code_where_there_is_an_admin(tmp_path: Path) -> None:
    async with household(tmp_path, admins=()) as home:
        old = await home.pairing.first_admin_code(now=NOW)
    async with household(tmp_path) as home:
        assert await home.pairing.first_admin_code(now=NOW) is None
        assert old is not None
        assert (await home.check(message(old, ANA))).ruling is Ruling.STRANGER


async def test_the_admins_code_is_not_taken_in_a_group(tmp_path: Path) -> None:
    async with household(tmp_path, admins=()) as home:
        code = await home.pairing.first_admin_code(now=NOW)
        assert code is not None
        assert (await home.check(message(code, ANA, chat=GROUP))).ruling is Ruling.UNINVITED
        assert (await home.check(message(code, ANA))).ruling is Ruling.CLAIMED


async def test_a_strangers_code_makes_no_admin(tmp_path: Path) -> None:
    async with household(tmp_path, admins=()) as home:
        await home.pairing.first_admin_code(now=NOW)
        code = await code_for(home)
        assert (await home.check(message(f"/pair {code}", ANA))).ruling is Ruling.STRANGER
