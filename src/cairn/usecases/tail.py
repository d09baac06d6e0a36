"""What was read of one task's events, for its viewers to take, each at its own pace."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from cairn.domain.task import StoredEvent

KEPT = 500
"""Events of one task in memory at most, for a viewer whose line is slow. Beyond them it reads for itself."""


@dataclass(eq=False)
class Viewer:
    place: int
    """The last event it was given."""


class Tail:
    """The end of one task's events, as far as they are read."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.known = seq
        """The last event that anyone who came saw to be there."""
        self.kept: deque[StoredEvent] = deque(maxlen=KEPT)
        self.viewers: set[Viewer] = set()
        self.ended = False
        self.error: Exception | None = None
        self.news = asyncio.Event()
        """Set when something has come, and then another takes its place. Ask for it before looking."""

    def put(self, events: Sequence[StoredEvent]) -> None:
        """What all have taken by now is kept no longer."""
        taken = min(viewer.place for viewer in self.viewers)
        while self.kept and self.kept[0].seq <= taken:
            self.kept.popleft()
        self.kept.extend(events)
        self.seq = events[-1].seq
        self.tell()

    def tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    def after(self, place: int) -> Sequence[StoredEvent]:
        """What follows on a place. Nothing where it is not kept any more, or not come yet."""
        if not self.kept or place + 1 < self.kept[0].seq:
            return ()
        return [event for event in self.kept if event.seq > place]
