"""Turns for answers that come together."""

import asyncio
from collections import deque


class Turns:
    """One per process."""

    def __init__(self) -> None:
        self.answered: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """One answer per pass of the event loop: between two of them the writer and whoever else is ready
        go on, or a hundred answers at once would hold up the calls that follow the first."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self.answered.append(turn)
        if len(self.answered) == 1:
            turn.set_result(None)
            loop.call_soon(self.next_turn)
        await turn

    def next_turn(self) -> None:
        self.answered.popleft()
        if self.answered:
            if not self.answered[0].done():
                self.answered[0].set_result(None)
            asyncio.get_running_loop().call_soon(self.next_turn)
