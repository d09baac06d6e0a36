"""The guard of one provider: tries a failed call again, and stops all calls where nothing but failures come.

It stands above the limiter: who pauses holds no slot.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from cairn.authors.author import Answer
from cairn.domain.errors import CallFailed, MustWait

FAILURES_IN_A_ROW = 10
"""After so many without one answer between them the provider is left alone for a while. Not a share of all
calls: scattered failures are what the tries are for."""
REST = timedelta(minutes=1)
LONGEST_PAUSE = 30.0
LONGEST_ASKED = 120.0
"""Where a provider asks for more, the run waits without holding a claim."""


class Guard:
    """`first_pause` in seconds; each further one is twice as long, and a random part of it is left out, so
    that those who failed together do not come back together ("equal jitter")."""

    def __init__(self, first_pause: float = 1.0) -> None:
        self.first_pause = first_pause
        self.failures = 0

    async def through(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `call`, tried again where it fails on its way. Raises what the last try raised, and
        `MustWait` where the provider is to be left alone."""
        tried = 0
        while True:
            try:
                answer = await call()
            except CallFailed as error:
                tried += 1
                self.failures += 1
                if self.failures >= FAILURES_IN_A_ROW:
                    self.failures = 0
                    said = f"{FAILURES_IN_A_ROW} calls in a row failed; the last: {error.detail}"
                    raise MustWait(said, until=datetime.now(UTC) + REST) from error
                if error.after is not None and error.after > LONGEST_ASKED:
                    until = datetime.now(UTC) + timedelta(seconds=error.after)
                    raise MustWait(error.detail, until=until) from error
                if tried >= error.tries:
                    raise
                await asyncio.sleep(self.pause(tried, error.after))
            else:
                self.failures = 0
                return answer

    def pause(self, tried: int, asked: float | None) -> float:
        pause = min(self.first_pause * 2 ** (tried - 1), LONGEST_PAUSE)
        return max(asked or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311 - a spread, no secret
