"""Waiting for a nudge: a stop that comes at the moment of the nudge is a stop."""

import asyncio

import pytest

from cairn.nudge import Nudge


@pytest.mark.parametrize("turns", range(4))
def test_a_stop_at_the_moment_of_the_nudge_is_not_swallowed(turns: int) -> None:
    async def wake_then_stop() -> None:
        nudge = Nudge()
        waiting = asyncio.create_task(nudge.woken(60))
        await asyncio.sleep(0)
        nudge.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        if waiting.cancel():  # it had not returned yet
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(wake_then_stop())


def test_it_returns_when_woken_and_when_time_is_up() -> None:
    async def wake() -> None:
        nudge = Nudge()
        nudge.wake()
        async with asyncio.timeout(30):
            await nudge.woken(60)
            await nudge.woken(0.01)

    asyncio.run(wake())
