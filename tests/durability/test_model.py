"""Model-based: whatever is asked, made, lost and repeated, in whatever order, what must be there is there.

Few histories, always the same ones; `--full` many, at random. `--hypothesis-seed=N` plays a seed's again.
"""

import asyncio
import secrets
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, core, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test, initialize, precondition, rule
from sqlalchemy import update

from cairn.store.clock import clock
from cairn.store.tasks import tasks
from cairn.usecases.claims import Claims
from tests.durability.asking import Asking, seldom, some, yes
from tests.durability.grounds import Grounds
from tests.durability.machine import pick
from tests.durability.model import Course
from tests.durability.tables import PRINTED

SEED = 20
EXAMPLES, STEPS = 12, 40
FULL_EXAMPLES, FULL_STEPS = 300, 60

dying = st.sampled_from([None] * 9 + list(range(1, 10)))
"""Crossings until a worker's death, or none of it."""
OUTCOMES = ("good", "good", "good", "refuse", "refuse", "bad", "bad", "wait")


class Histories(Asking):
    """What befalls the workers."""

    @initialize(goal=some, review=seldom, calls=st.sampled_from([0, 2, 5, 8, 15, 15]))
    def begin(self, goal: int, review: bool, calls: int) -> None:
        """Often with a course that is made."""
        self.submit(goal, review)
        if calls:
            [course] = self.courses.values()
            self.claim_by("A", course)
            self.go_far(0, calls, None)

    @precondition(lambda self: self.idle() and self.those(Course.claimable))
    @rule(who=some, which=some, dies_in=dying)
    def claim(self, who: int, which: int, dies_in: int | None) -> None:
        self.claim_by(pick(self.idle(), who), pick(self.those(Course.claimable), which), dies_in)

    def claim_by(self, name: str, course: Course, dies_in: int | None = None) -> None:
        async def claim() -> None:
            worker = await self.worker(name)
            task = await worker.claim(course.task_id, dies_in)
            assert task or worker.dead, "what is due can be claimed"
            if task:
                course.claim()
                assert (task.epoch, task.attempts) == (course.task["epoch"], course.task["attempts"])
            if task and not worker.dead:
                worker.start(task)
                await self.go_on(worker)
            else:
                await self.bury(worker)

        self.do(claim())

    @precondition(lambda self: self.idle())
    @rule(calls=some)
    def sweep(self, calls: int) -> None:
        """What is due is what must be, each with its lost claims; and it is taken, and worked on."""
        due = self.do(self.door.claims.due(100))
        assert dict(due) == {course.task_id: course.lost_claims() for course in self.those(Course.claimable)}
        for name, (task_id, _) in zip(self.idle(), due, strict=False):
            self.claim_by(name, self.courses[task_id])
            self.go_far(0, calls, None)

    @precondition(lambda self: self.those(Course.claimable))
    @rule(which=some, times=st.integers(1, 6))
    def lose_claims(self, which: int, times: int) -> None:
        """Workers that die as soon as they have claimed; their leases are over at once."""
        course = pick(self.those(Course.claimable), which)
        for _ in range(times):
            assert self.do(Claims(self.door.tasks.store, 0).claim(course.task_id, "short-lived"))
            course.claim()
            course.free = True

    @precondition(lambda self: self.those(Course.claimable))
    @rule(which=some)
    def claim_at_once(self, which: int) -> None:
        """Two at a time: one has it, and is lost."""
        course = pick(self.those(Course.claimable), which)
        assert len(list(filter(None, self.claims_at_once(course)))) == 1
        course.claim()
        self.expire_lease(course)

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some, outcome=st.sampled_from(OUTCOMES), dies_in=dying)
    def step(self, who: int, outcome: str, dies_in: int | None) -> None:
        worker = pick(self.at_work(holding=True), who)
        worker.release(outcome, dies_in)
        self.do(self.go_on(worker))

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some, calls=st.integers(2, 15), dies_in=dying)
    def go_far(self, who: int, calls: int, dies_in: int | None) -> None:
        for left in reversed(range(calls)):
            workers = self.at_work(holding=True)
            if workers and (worker := pick(workers, who)):
                worker.release("good", None if left else dies_in)
                self.do(self.go_on(worker))

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some, goes_on=yes)
    def crash(self, who: int, goes_on: bool) -> None:
        """In the middle of its call. `goes_on`: another worker at once."""
        worker = pick(self.at_work(holding=True), who)
        assert worker.task
        worker.die()
        with self.nothing_changes():
            self.do(self.go_on(worker))
        if goes_on:
            self.expire_lease(self.courses[worker.task.task_id])
            self.sweep(who)

    @precondition(lambda self: self.those(lambda c: c.task["status"] == "running" and not c.free))
    @rule(which=some, goes_on=yes)
    def lease_runs_out(self, which: int, goes_on: bool) -> None:
        self.expire_lease(pick(self.those(lambda c: c.task["status"] == "running" and not c.free), which))
        if goes_on and self.idle():
            self.sweep(which)

    def expire_lease(self, course: Course) -> None:
        statement = update(tasks).where(tasks.c.task_id == course.task_id)
        over = statement.values(lease_expires_at=clock(-1))
        self.do(self.door.tasks.store.writer.move("lease", lambda c, _: c.execute(over)))
        course.free = True

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some)
    def renew(self, who: int) -> None:
        worker = pick(self.at_work(holding=True), who)
        assert worker.cairn
        assert worker.task
        assert worker.cairn.claims.renew(worker.task.task_id, worker.task.epoch)
        self.courses[worker.task.task_id].free = False

    @precondition(lambda self: self.at_work(holding=False))
    @rule(who=some, outcome=st.sampled_from((*OUTCOMES, "stop", "renew")))
    def zombie_goes_on(self, who: int, outcome: str) -> None:
        """One whose claim is over, however: what it writes is refused, and it ends by itself."""
        worker = pick(self.at_work(holding=False), who)
        assert worker.cairn
        assert worker.task
        with self.nothing_changes():
            if outcome == "renew":
                assert not worker.cairn.claims.renew(worker.task.task_id, worker.task.epoch)
            elif outcome == "stop":
                self.do(worker.hand_back())
            else:
                worker.release(outcome)
                self.do(worker.until(lambda: False))

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some)
    def hand_back(self, who: int) -> None:
        self.do(pick(self.at_work(holding=True), who).hand_back())

    @rule(which=some, how=st.sampled_from(["checkpoints are lost", "woken twice", "asked for twice"]))
    def disturb(self, which: int, how: str) -> None:
        """What must change nothing."""
        with self.nothing_changes():
            if how == "checkpoints are lost":
                self.forget_checkpoints()
            elif how == "asked for twice":
                self.submit_again()
            elif idle := self.those(lambda course: not course.claimable()):
                assert set(self.claims_at_once(pick(idle, which))) == {None}

    def claims_at_once(self, course: Course) -> list[Any]:
        """Two by each process, all at the same time."""
        doors = [self.door, *(w.cairn for w in self.workers.values() if w.cairn)]

        async def together() -> list[Any]:
            return await asyncio.gather(*(door.claims.claim(course.task_id, "rival") for door in doors * 2))

        return self.do(together())


def test_what_must_be_there_is_there(grounds: Grounds, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--full")
    chosen = core.global_force_seed
    if chosen is None:
        chosen = secrets.randbelow(2**32) if full else SEED
    examples, steps = (FULL_EXAMPLES, FULL_STEPS) if full else (EXAMPLES, STEPS)
    PRINTED.append(f"model, {grounds.name}: {examples} histories of up to {steps} rules, seed {chosen}")
    with grounds.copy(None) as empty:
        tally = Counter[str]()
        histories = get_state_machine_test(
            lambda: Histories(grounds, empty, tally),  # type: ignore[arg-type]
            settings=settings(
                max_examples=examples, stateful_step_count=steps, database=None, deadline=None,
                suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
            ),
        )  # fmt: skip
        seed(chosen)(histories)()
    PRINTED.append(f"committed: {', '.join(f'{n} {what}' for what, n in sorted(tally.items()))}")
