"""Turns for answers that come together."""

import asyncio
from itertools import pairwise

import pytest

from cairn.usecases.turns import Turns


async def a_pass() -> None:
    """Everything that is ready goes on once."""
    await asyncio.sleep(0)


def test_of_answers_that_come_together_one_goes_on_at_a_time() -> None:
    """Between two of them whoever else is ready has its turn; one that is given up holds nobody up."""

    async def scenario() -> None:
        turns = Turns()
        told: list[str] = []

        async def answer(name: str) -> None:
            await turns.turn()
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
        turns = Turns()
        for _ in range(2):
            turn = turns.turn()
            with pytest.raises(StopIteration):
                turn.send(None)
            await a_pass()

    asyncio.run(scenario())
