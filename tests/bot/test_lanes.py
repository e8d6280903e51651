"""Order within a conversation, concurrency across them, and an end that lets what is under way finish."""

import asyncio

from bot.lanes import Lanes


async def test_one_conversation_keeps_its_order_and_others_do_not_wait() -> None:
    lanes, done = Lanes(drain_seconds=5), []
    held = asyncio.Event()

    async def slow() -> None:
        await held.wait()
        done.append("slow")

    async def quick(name: str) -> None:
        done.append(name)

    async with lanes.open():
        lanes.add("a", slow)
        lanes.add("a", lambda: quick("after"))
        lanes.add("b", lambda: quick("other"))
        await lanes.idle("b")
        assert done == ["other"]
        assert lanes.waiting("a") == 1
        held.set()
        await lanes.idle("a")
    assert done == ["other", "slow", "after"]
    assert len(lanes) == 0


async def test_a_message_that_fails_does_not_end_its_conversation() -> None:
    lanes, done = Lanes(drain_seconds=5), []

    async def bad() -> None:
        raise RuntimeError("one message's fault")

    async def good() -> None:
        done.append("good")

    async with lanes.open():
        lanes.add("a", bad)
        lanes.add("a", good)
        await lanes.idle("a")
    assert done == ["good"]


async def test_at_the_end_what_is_under_way_finishes_and_what_waits_is_left() -> None:
    lanes, done = Lanes(drain_seconds=5), []
    begun = asyncio.Event()

    async def under_way() -> None:
        begun.set()
        await asyncio.sleep(0.01)
        done.append("under way")

    async def waits() -> None:
        done.append("waits")

    async with lanes.open():
        lanes.add("a", under_way)
        lanes.add("a", waits)
        await begun.wait()
    assert done == ["under way"]


async def test_what_does_not_finish_in_time_is_cancelled() -> None:
    lanes = Lanes(drain_seconds=0.01)
    async with lanes.open():
        lanes.add("a", lambda: asyncio.sleep(3600))
        await asyncio.sleep(0)
