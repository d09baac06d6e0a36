"""The limiter: who is given the next slot, and that none is lost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cairn.domain.thought import PIECES, Thought
from cairn.usecases.limiter import FIRST_CONCEPTS, STEP, Limiter, Priority, priority_of


class Callers:
    """Calls of runs that wait for a slot and hold it until they are told to leave it."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.limiter = Limiter(slots)
        self.waiting: list[asyncio.Task[None]] = []
        self.holding: list[asyncio.Task[None]] = []
        self.given: list[tuple[str, Priority]] = []
        """Who was given a slot, in this order."""

    async def call(self, run: str, priority: Priority) -> None:
        await self.limiter.enter(run, priority)
        me = asyncio.current_task()
        assert me
        self.waiting.remove(me)
        self.holding.append(me)
        self.given.append((run, priority))
        try:
            await asyncio.Event().wait()
        finally:
            self.holding.remove(me)
            self.limiter.leave()

    def come(self, run: str, priority: Priority = STEP) -> asyncio.Task[None]:
        call = asyncio.create_task(self.call(run, priority))
        self.waiting.append(call)
        call.add_done_callback(lambda done: done in self.waiting and self.waiting.remove(done))
        return call

    async def end_one(self) -> None:
        self.holding[0].cancel()
        await all_that_is_ready()

    async def end_all(self) -> None:
        """One after the other, until nobody waits."""
        while self.holding:
            await self.end_one()
        assert not self.waiting

    @property
    def runs(self) -> list[str]:
        return [run for run, _ in self.given]


async def all_that_is_ready() -> None:
    """A slot that is handed on to somebody who went away is handed on again, each a pass of the loop."""
    for _ in range(8):
        await asyncio.sleep(0)


def played(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))  # type: ignore[arg-type]


def test_within_a_run_the_best_priority_goes_first() -> None:
    async def scenario() -> None:
        callers = Callers(1)
        for priority in ((2, 1), (2, 0), (1, 5, 0), STEP, (1, 4, 2)):
            callers.come("a run", priority)
        await all_that_is_ready()
        await callers.end_all()
        came_first, *others = [priority for _, priority in callers.given]
        assert came_first == (2, 1), "to a free slot"
        assert others == [STEP, (1, 4, 2), (1, 5, 0), (2, 0)]

    played(scenario)


def test_a_course_of_many_pieces_does_not_hold_up_another() -> None:
    async def scenario() -> None:
        callers = Callers(1)
        for place in range(500):
            callers.come("long", priority_of(Thought.tutorial, place))
        await all_that_is_ready()
        callers.come("new")
        await all_that_is_ready()
        await callers.end_one()
        assert callers.runs == ["long", "new"], "its step is the next, before what waited longer"
        for place in range(500):
            callers.come("new", priority_of(Thought.tutorial, place))
        await all_that_is_ready()
        for _ in range(100):
            await callers.end_one()
        shares = Counter(callers.runs[2:])
        assert abs(shares["long"] - shares["new"]) <= 2, "nor does it get more because it came later"
        for call in callers.waiting:
            call.cancel()
        await all_that_is_ready()
        await callers.end_all()

    played(scenario)


def test_what_leads_to_something_to_read_goes_before_all_else_as_it_came() -> None:
    async def scenario() -> None:
        callers = Callers(1)
        for run in "abc":
            for place in range(3):
                callers.come(run, priority_of(Thought.quiz, place))
        await all_that_is_ready()
        leading = [("c", STEP), ("b", priority_of(Thought.tutorial, 0)), ("c", STEP), ("a", STEP)]
        for run, priority in leading:
            callers.come(run, priority)
        await all_that_is_ready()
        await callers.end_all()
        assert sorted(callers.given[1:5], key=lambda one: one[1]) == sorted(leading, key=lambda one: one[1])
        assert callers.runs[1:5] == ["c", "b", "c", "a"]
        assert set(callers.runs[5:8]) == {"a", "b", "c"}, "none has used its turn in the round by it"

    played(scenario)


def test_the_first_concepts_are_made_whole_and_then_tutorials_before_quizzes() -> None:
    concepts = range(FIRST_CONCEPTS + 2)
    order = sorted((priority_of(thought, place), place, thought) for place in concepts for thought in PIECES)
    whole = [(Thought.tutorial, 0), (Thought.quiz, 0), (Thought.resources, 0), (Thought.tutorial, 1)]
    in_order = [(thought, place) for _, place, thought in order]
    assert in_order[:4] == whole
    assert in_order[3 * FIRST_CONCEPTS :] == [
        (thought, place)
        for thought in (Thought.tutorial, Thought.quiz, Thought.resources)
        for place in concepts[FIRST_CONCEPTS:]
    ]
    assert min(order)[0] > STEP


@pytest.mark.parametrize("given_already", [False, True])
def test_who_is_cancelled_hands_the_slot_on(given_already: bool) -> None:
    """Also in the very pass in which the slot was given to it."""

    async def scenario() -> None:
        callers = Callers(1)
        callers.come("holding")
        going, next_one = callers.come("going away", (2, 0)), callers.come("next", (2, 0))
        await all_that_is_ready()
        if given_already:
            callers.holding[0].cancel()
            while not callers.limiter.served:  # until the slot is handed on, and not taken yet
                await asyncio.sleep(0)
            going.cancel()
        else:
            going.cancel()
            await all_that_is_ready()
            await callers.end_one()
        await all_that_is_ready()
        assert (callers.runs, callers.holding) == (["holding", "next"], [next_one])
        await callers.end_all()
        assert callers.limiter.free == 1

    played(scenario)


def test_without_slots_nobody_waits() -> None:
    async def scenario() -> None:
        callers = Callers(0)
        for _ in range(50):
            callers.come("a run")
        await all_that_is_ready()
        assert len(callers.holding) == 50
        await callers.end_all()

    played(scenario)


RUNS = some.sampled_from("abc")
STEPS = some.lists(
    some.one_of(
        some.tuples(some.just("come"), RUNS, some.integers(0, 3)),
        some.tuples(some.just("end"), some.integers(0, 9)),
        some.tuples(some.just("cancel"), some.integers(0, 99)),
        some.tuples(some.just("pass")),
    ),
    max_size=120,
)


@given(slots=some.integers(1, 3), steps=STEPS)
def test_no_slot_is_lost_or_given_twice_whoever_goes_away(slots: int, steps: list[tuple[str, ...]]) -> None:
    """Things happen in any order, also several of them between two passes of the loop."""

    async def scenario() -> None:
        callers = Callers(slots)
        for word, *about in steps:
            match word:
                case "come":
                    callers.come(about[0], (about[1],))  # type: ignore[arg-type]
                case "end" if callers.holding:
                    callers.holding[about[0] % len(callers.holding)].cancel()  # type: ignore[operator]
                case "cancel" if callers.waiting:
                    callers.waiting[about[0] % len(callers.waiting)].cancel()  # type: ignore[operator]
                case _:
                    await asyncio.sleep(0)
            assert len(callers.holding) <= slots
        await all_that_is_ready()
        assert len(callers.holding) == slots or not callers.waiting, "a slot is idle while somebody waits"
        await callers.end_all()
        limiter = callers.limiter
        assert (limiter.free, limiter.waiting, limiter.served) == (slots, {}, set()), "as at the start"

    played(scenario)


@given(slots=some.integers(1, 3), waiting=some.lists(some.tuples(RUNS, some.integers(0, 3)), max_size=60))
def test_of_two_that_wait_neither_is_two_slots_ahead(slots: int, waiting: list[tuple[str, int]]) -> None:
    async def scenario() -> None:
        callers = Callers(slots)
        for run, priority in waiting:
            callers.come(run, (2, priority))
        await all_that_is_ready()
        begun = len(callers.given)
        left = Counter(run for run, _ in waiting)
        left.subtract(callers.runs)
        while callers.holding:
            both = [run for run in left if left[run] > 0]
            shares = Counter(callers.runs[begun:])
            counted = [shares[run] for run in both]
            assert not counted or max(counted) - min(counted) <= 2
            before = len(callers.given)
            await callers.end_one()
            left.subtract(callers.runs[before:])
        for run, _ in waiting:
            calls = [priority for whose, priority in callers.given[slots:] if whose == run]
            assert calls == sorted(calls), "a run's own go by priority"

    played(scenario)
