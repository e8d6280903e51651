"""Who waits for the model, and with which number."""

import asyncio

from bot.line import Line


async def test_places_move_up_as_the_first_words_come() -> None:
    line = Line(room=10)
    first, second, third = line.join(), line.join(), line.join()
    assert [first.place, second.place, third.place] == [1, 2, 3]
    second.served()
    assert [first.place, second.place, third.place] == [1, 0, 2]


async def test_no_more_than_the_room_get_in_and_those_in_order() -> None:
    line, inside, order = Line(room=2), 0, []

    async def visit(number: int) -> None:
        nonlocal inside
        async with line.queued(line.join()):
            inside += 1
            assert inside <= 2
            order.append(number)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(visit(number) for number in range(10)))
    assert order == list(range(10))
    assert len(line) == 0


async def test_who_gives_up_leaves_the_line() -> None:
    line = Line(room=1)
    blocker = line.join()
    async with line.queued(blocker):
        impatient = line.join()

        async def wait() -> None:
            async with line.queued(impatient):
                raise AssertionError("there was no room")

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert impatient.place == 0
