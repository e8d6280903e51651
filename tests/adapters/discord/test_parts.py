"""The small parts that need no connection: lines, room, what is remembered, which errors mean what."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.commands import CommandSpec, digest
from adapters.discord.flood import Flood
from adapters.discord.lines import Lines
from adapters.discord.room import PREVIEWS, WINDOW, Act, Room
from adapters.discord.seen import CHANNELS, Seen


async def test_a_line_keeps_its_order_when_a_job_fails() -> None:
    lines, done = Lines(), []

    def job(number: int) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            await asyncio.sleep(0.01 if number == 0 else 0)
            done.append(number)
            if number == 1:
                raise ValueError

        return work

    for number in range(4):
        lines.put("a", job(number))
    lines.put("b", job(9))
    await asyncio.sleep(0.05)
    assert done == [9, 0, 1, 2, 3]
    await lines.close()


@given(st.lists(st.floats(0, 2), max_size=60))
def test_there_are_never_more_previews_in_a_window_than_leave_room(pauses: list[float]) -> None:
    room, now, sent = Room(), 0.0, []
    for pause in pauses:
        now += pause
        if room.left(1, Act.EDIT, now=now):
            room.take(1, Act.EDIT, now=now)
            sent.append(now)
    assert all(sum(at - WINDOW < each <= at for each in sent) <= PREVIEWS for at in sent)


async def test_an_unlimited_server_is_not_paced_and_one_that_refused_is() -> None:
    flood = Flood(paced=False)
    for _ in range(500):
        await flood.turn()
    assert flood.backlog() == 0
    flood.refused()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(flood.turn() for _ in range(20)))
    assert 0.3 < loop.time() - began < 0.6  # 45 a second, after the first three


async def read_again(seen: Seen, saved: list[str]) -> Seen:
    async def load() -> str:
        return saved[-1]

    async def save(text: str) -> None:
        saved.append(text)

    await seen.close()
    return await Seen.read(load=load, save=save)


async def nothing() -> str:
    return ""


async def test_what_was_seen_outlives_a_restart() -> None:
    saved: list[str] = []

    async def save(text: str) -> None:
        saved.append(text)

    seen = await Seen.read(load=nothing, save=save)
    seen.read_to(1, 10, direct=True, addressed=True)
    seen.read_to(1, 9, direct=True, addressed=True)
    seen.read_to(2, 20, direct=False, addressed=False)  # nobody spoke to Martín there
    seen.read_to(3, 30, direct=False, addressed=True)
    seen.asked(77, 5)
    seen.told("abc")
    again = await read_again(seen, saved)
    assert {id_: mark.last for id_, mark in again.marks().items()} == {1: 10, 3: 30}
    assert again.marks()[1].direct
    assert (again.asker(77), again.asker(78), again.commands) == (5, None, "abc")


async def test_a_message_that_failed_holds_its_channel_back_until_the_next_connection() -> None:
    saved: list[str] = []

    async def save(text: str) -> None:
        saved.append(text)

    seen = await Seen.read(load=nothing, save=save)
    seen.read_to(1, 10, direct=True, addressed=True)
    seen.hold(1, 11, direct=True)
    seen.read_to(1, 12, direct=True, addressed=True)
    assert seen.marks()[1].last == 10
    seen.read_to(1, 12, direct=True, addressed=True)
    assert seen.marks()[1].last == 12
    await seen.close()


async def test_only_the_most_recent_channels_are_kept() -> None:
    saved: list[str] = []

    async def save(text: str) -> None:
        saved.append(text)

    seen = await Seen.read(load=nothing, save=save)
    for channel in range(CHANNELS + 10):
        seen.read_to(channel, 1, direct=True, addressed=True)
    assert len(seen.marks()) == CHANNELS
    await seen.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"channels": 3}', "null"])
async def test_what_cannot_be_read_counts_as_nothing(text: str) -> None:
    async def load() -> str:
        return text

    async def save(_: str) -> None: ...

    assert (await Seen.read(load=load, save=save)).marks() == {}


def test_the_digest_changes_with_what_discord_shows_and_with_nothing_else() -> None:
    one = CommandSpec(name="a", descriptions={"es": "x", "en": "y"})
    two = CommandSpec(name="b", descriptions={"es": "x", "en": "y"})
    assert digest((one, two), application=1) == digest((two, one), application=1)
    assert digest((one,), application=1) != digest((one,), application=2)
    changed = CommandSpec(name="a", descriptions={"es": "z", "en": "y"})
    assert digest((one,), application=1) != digest((changed,), application=1)
