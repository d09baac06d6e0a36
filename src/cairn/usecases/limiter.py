"""Slots for the calls to one provider: fair between runs, and by priority within a run.

What leads to something to read, the steps of a run and its first tutorial, goes before all else, in the order
of coming: a learner waits for it, and it is a handful of calls, one at a time.

The rest goes in rounds. In a round every run that waits is given one slot, and of those still to come the
run whose call has the best priority is next. So of two runs that both wait all the time neither is given
more than two slots beyond the other: a whole round gives each of them one, and only the rounds at both ends
can be cut. One heap over all calls would let each new course go before the rest of a long one, until it has
caught up.
"""

import asyncio
import heapq
from collections.abc import Hashable
from itertools import count

from cairn.domain.thought import Thought

Priority = tuple[int, ...]
"""Of a call within its run: the least is the first."""
STEP: Priority = (0,)
FIRST_CONCEPTS = 3
"""So many a learner can begin with are made whole, with quiz and resources, before any other."""
OF_THE_REST = (Thought.tutorial, Thought.quiz, Thought.resources)
"""What most other calls wait for goes first: the answers to a quiz are checked by a call of their own."""


def priority_of(thought: Thought, place: int) -> Priority:
    """Of a piece; `place` is its concept's in learning order."""
    kind = OF_THE_REST.index(thought)
    return (1, place, kind) if place < FIRST_CONCEPTS else (2, kind, place)


FIRST_TUTORIAL = priority_of(Thought.tutorial, 0)


class Limiter:
    """At most `slots` calls at once; 0 slots: unlimited."""

    def __init__(self, slots: int) -> None:
        self.free = slots
        self.unlimited = slots == 0
        self.order = count()
        self.waiting: dict[Hashable, list[tuple[Priority, int, asyncio.Future[None]]]] = {}
        """By run, each a heap. While anybody waits no slot is free."""
        self.served: set[Hashable] = set()
        """The runs that had their slot in this round."""

    async def enter(self, run: Hashable, priority: Priority) -> None:
        """Returns when the call may go. Whoever entered must `leave`, however the call ends."""
        if self.unlimited:
            return
        if self.free:
            self.free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.waiting.setdefault(run, []), (priority, next(self.order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        if self.unlimited:
            return
        self.forget_who_went_away()
        if not self.waiting:
            self.served.clear()
            self.free += 1
            return
        run = self.next_run()
        priority, _, turn = heapq.heappop(self.waiting[run])
        if priority > FIRST_TUTORIAL:
            self.served.add(run)
        turn.set_result(None)

    def forget_who_went_away(self) -> None:
        """The first in each line is then one that still waits."""
        for run, line in list(self.waiting.items()):
            while line and line[0][-1].done():
                heapq.heappop(line)
            if not line:
                del self.waiting[run]

    def next_run(self) -> Hashable:
        lead = {run: line[0][1] for run, line in self.waiting.items() if line[0][0] <= FIRST_TUTORIAL}
        if lead:
            return min(lead, key=lead.__getitem__)
        due = self.waiting.keys() - self.served
        if not due:
            self.served.clear()
            due = self.waiting.keys()
        return min(due, key=lambda run: self.waiting[run][0][:2])
