"""One-time codes: good once, for a while, for a few tries, and never written down."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from memory import codes as module
from memory.codes import ALPHABET, CodePurpose, Codes, TooManyCodes, normal, resembles
from memory.database import Database
from memory.schema import codes as table
from tests.fakes.household import NOW

LIFE = timedelta(minutes=10)


async def test_a_code_works_once(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="telegram:7", note="{}")
    found = await codes.redeem(CodePurpose.PAIR, code, now=NOW)
    assert found is not None
    assert (found.holder, found.note) == ("telegram:7", "{}")
    assert await codes.redeem(CodePurpose.PAIR, code, now=NOW) is None


async def test_a_code_sent_twice_in_the_same_instant_works_once(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.LINK, life=LIFE, now=NOW)
    found = await asyncio.gather(*(codes.redeem(CodePurpose.LINK, code, now=NOW) for _ in range(8)))
    assert sum(each is not None for each in found) == 1


async def test_a_code_is_read_however_it_is_typed(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW)
    assert await codes.redeem(CodePurpose.PAIR, f" {code.lower().replace('-', ' ')} ", now=NOW) is not None


async def test_a_code_expires(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW)
    assert await codes.redeem(CodePurpose.PAIR, code, now=NOW + LIFE) is None


async def test_a_code_for_one_purpose_serves_no_other(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW)
    assert await codes.redeem(CodePurpose.ADMIN, code, now=NOW) is None
    assert await codes.redeem(CodePurpose.PAIR, code, now=NOW) is not None


async def test_five_wrong_tries_at_a_code_close_it(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="telegram:7")
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    for _ in range(5):
        assert await codes.redeem(CodePurpose.PAIR, wrong, now=NOW) is None
    assert await codes.redeem(CodePurpose.PAIR, code, now=NOW) is None
    assert not await codes.is_open(CodePurpose.PAIR, holder="telegram:7", now=NOW)


async def test_guessing_at_random_uses_up_nobodys_code(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.ADMIN, life=LIFE, now=NOW)
    elsewhere = "AAA" if not code.startswith("AAA") else "BBB"
    for _ in range(20):
        await codes.redeem(CodePurpose.ADMIN, f"{elsewhere}-ABCDEF", now=NOW)
    assert await codes.redeem(CodePurpose.ADMIN, code, now=NOW) is not None


async def test_a_holder_has_one_code_of_a_kind(database: Database) -> None:
    codes = Codes(database)
    first = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="telegram:7")
    second = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="telegram:7")
    assert await codes.redeem(CodePurpose.PAIR, first, now=NOW) is None
    assert await codes.redeem(CodePurpose.PAIR, second, now=NOW) is not None


async def test_only_the_digest_is_kept_and_what_expired_is_swept_away(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="telegram:7")
    async with database.reading() as connection:
        row = (await connection.execute(select(table))).one()
    assert normal(code) not in "".join(map(str, row))
    assert row.selector == normal(code)[:3]
    await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW + LIFE, holder="telegram:8")
    assert [each.holder for each in await codes.waiting(CodePurpose.PAIR, now=NOW + LIFE)] == ["telegram:8"]
    async with database.reading() as connection:
        assert len((await connection.execute(select(table))).all()) == 1


async def test_looking_at_a_code_does_not_spend_it(database: Database) -> None:
    codes = Codes(database)
    code = await codes.issue(CodePurpose.LINK, life=LIFE, now=NOW)
    assert await codes.redeem(CodePurpose.LINK, code, now=NOW, keep=True) is not None
    assert await codes.redeem(CodePurpose.LINK, code, now=NOW) is not None


async def test_a_flood_of_codes_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OPEN_AT_ONCE", 3)
    codes = Codes(database)
    for number in range(3):
        await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder=str(number))
    with pytest.raises(TooManyCodes):
        await codes.issue(CodePurpose.PAIR, life=LIFE, now=NOW, holder="3")


@given(st.text())
def test_only_what_could_be_a_code_resembles_one(text: str) -> None:
    if resembles(text):
        assert set(normal(text)) <= set(ALPHABET)
        assert len(normal(text)) == 9


def test_an_ordinary_sentence_does_not_resemble_a_code() -> None:
    assert not resembles("hola, ¿qué tal?")
    assert not resembles("uno dos tres")
    assert resembles("abc-defghj")
