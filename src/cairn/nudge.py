"""Wakes workers. A lost nudge costs seconds, never a task: the sweeper finds what is due."""

import asyncio


class Nudge:
    """Within one process: `wake` is told, `woken` waits for it or for the next sweep."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def wake(self) -> None:
        self.event.set()

    async def woken(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.event.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self.event.clear()
