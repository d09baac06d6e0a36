"""Slots for calls, and turns for their answers."""

import asyncio
from itertools import pairwise

import pytest

from cairn.usecases.calls import Limiter


async def a_pass() -> None:
    """Everything that is ready goes on once."""
    await asyncio.sleep(0)


@pytest.mark.parametrize("cancelled", [False, True])
def test_slots_go_by_priority_and_none_is_lost(cancelled: bool) -> None:
    """Also where the next in line is cancelled in the very pass in which the slot was given to it."""

    async def scenario() -> None:
        limiter = Limiter(1)
        entered: list[int] = []

        async def call(priority: int) -> None:
            await limiter.enter(priority)
            entered.append(priority)
            await a_pass()
            limiter.leave()

        await limiter.enter(0)
        going = {priority: asyncio.create_task(call(priority)) for priority in (7, 3, 5)}
        await a_pass()
        limiter.leave()
        if cancelled:
            going[3].cancel()
        await asyncio.wait(going.values())
        assert entered == ([5, 7] if cancelled else [3, 5, 7])
        await limiter.enter(0)

    asyncio.run(scenario())


def test_of_answers_that_come_together_one_goes_on_at_a_time() -> None:
    """Between two of them whoever else is ready has its turn; one that is given up holds nobody up."""

    async def scenario() -> None:
        limiter = Limiter(0)
        told: list[str] = []

        async def answer(name: str) -> None:
            await limiter.turn()
            told.append(name)

        async def somebody_else() -> None:
            while len(told) < 6:
                await a_pass()
                told.append("else")

        answers = [asyncio.create_task(answer(name)) for name in ("first", "second", "given up", "last")]
        other = asyncio.create_task(somebody_else())
        await a_pass()
        answers[2].cancel()
        await asyncio.wait([*answers, other])
        answered = [at for at, name in enumerate(told) if name != "else"]
        assert [told[at] for at in answered] == ["first", "second", "last"]
        assert all(later - before > 1 for before, later in pairwise(answered)), told

    asyncio.run(scenario())


def test_an_answer_that_comes_alone_goes_on_at_once() -> None:
    async def scenario() -> None:
        limiter = Limiter(0)
        for _ in range(2):
            turn = limiter.turn()
            with pytest.raises(StopIteration):
                turn.send(None)
            await a_pass()

    asyncio.run(scenario())
