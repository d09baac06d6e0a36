"""Wakes workers. A lost nudge costs seconds, never a task: the sweeper finds what is due."""

import asyncio
import contextlib


class Nudge:
    """Within one process: `wake` is told, `woken` waits for it or for the next sweep."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.named: set[str] = set()
        self.whatever = False

    def wake(self, task_id: str | None = None) -> None:
        """`task_id`: the task that has become due; None: whatever is due is to be looked for."""
        if task_id is None:
            self.whatever = True
        else:
            self.named.add(task_id)
        self.event.set()

    async def woken(self, seconds: float) -> frozenset[str] | None:
        """The tasks that were named meanwhile; None: it is time to look for whatever is due."""
        await set_within(self.event, seconds)
        named = frozenset(self.named) if self.named and not self.whatever else None
        self.named.clear()
        self.whatever = False
        self.event.clear()
        return named

    async def reachable(self) -> str | None:
        """What keeps workers from being woken; None: nothing."""
        return None

    def close(self) -> None:
        """Nothing is told from here on."""


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Return once the event is set, or after `seconds`. Not `wait_for`: up to Python 3.11 it swallows a
    cancellation that comes at the moment the event is set, and who was to stop goes on."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
