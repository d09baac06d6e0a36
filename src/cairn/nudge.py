"""Wakes workers. A lost nudge costs seconds, never a task: the sweeper finds what is due."""

import asyncio
import contextlib


class Nudge:
    """Within one process: `wake` is told, `woken` waits for it or for the next sweep."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def wake(self) -> None:
        self.event.set()

    async def woken(self, seconds: float) -> None:
        await set_within(self.event, seconds)
        self.event.clear()


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Return once the event is set, or after `seconds`. Not `wait_for`: up to Python 3.11 it swallows a
    cancellation that comes at the moment the event is set, and who was to stop goes on."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
