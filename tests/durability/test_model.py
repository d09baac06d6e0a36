"""Model-based: whatever is asked, made, lost and repeated, in whatever order, what must be there is there.

Few histories, always the same ones; `--full` many, at random. `--hypothesis-seed=N` plays a seed's again.
"""

import secrets
from collections import Counter

import pytest
from hypothesis import HealthCheck, core, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test, initialize, precondition, rule

from cairn.usecases.claims import Claims
from tests.durability.asking import Asking, seldom, some, then, yes
from tests.durability.grounds import Grounds
from tests.durability.machine import pick
from tests.durability.model import Course
from tests.durability.tables import PRINTED

SEED = 20
FEW = {"SQLite": 10, "PostgreSQL": 4}
MANY = {"SQLite": 300, "PostgreSQL": 100}
RULES = 40

dying = st.sampled_from([None] * 9 + list(range(1, 10)))
"""Crossings until a worker's death, or none of it."""
OUTCOMES = ("good", "good", "good", "refuse", "refuse", "bad", "bad", "wait")


class Histories(Asking):
    """What befalls the workers."""

    @initialize(goal=some, review=seldom, calls=then)
    def begin(self, goal: int, review: bool, calls: int) -> None:
        self.submit(goal, review)
        self.go(calls)

    @rule(who=some, outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=5), dies_in=dying)
    def make(self, who: int, outcomes: list[str], dies_in: int | None) -> None:
        """Call after call; in or after the last the worker may die."""
        for outcome in outcomes[:-1]:
            self.work(outcome, None, who)
        self.work(outcomes[-1], dies_in, who)

    @rule(calls=st.integers(3, 15), dies_in=dying)
    def make_much(self, calls: int, dies_in: int | None) -> None:
        self.go(calls, dies_in)

    @precondition(lambda self: self.idle() and self.those(Course.claimable))
    @rule(calls=then)
    def sweep(self, calls: int) -> None:
        """What is due is what must be, each with its lost claims; and it is taken, and worked on."""
        due = self.do(self.door.claims.due(100))
        assert dict(due) == {course.task_id: course.lost_claims() for course in self.those(Course.claimable)}
        for name, (task_id, _) in zip(self.idle(), due, strict=False):
            self.claim(name, self.courses[task_id])
        self.go(calls)

    @precondition(lambda self: self.those(Course.claimable))
    @rule(which=some, times=st.integers(1, 6), dies_in=st.integers(1, 9))
    def lose_claims(self, which: int, times: int, dies_in: int) -> None:
        """Workers that die as soon as they have claimed, the last of them somewhere on its first way."""
        course = pick(self.those(Course.claimable), which)
        for _ in range(times - 1):
            assert self.do(Claims(self.door.tasks.store, 0).claim(course.task_id, "short-lived"))
            course.claim()
            course.free = True
        if idle := self.idle():
            self.claim(pick(idle, which), course, dies_in)

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some, calls=then)
    def crash(self, who: int, calls: int) -> None:
        """In the middle of its call; whoever comes next goes on."""
        worker = pick(self.at_work(holding=True), who)
        assert worker.task
        worker.die()
        with self.nothing_changes():
            self.do(self.go_on(worker))
        self.expire_lease(self.courses[worker.task.task_id])
        self.go(calls)

    @precondition(lambda self: self.those(Course.held))
    @rule(which=some, calls=then)
    def lease_runs_out(self, which: int, calls: int) -> None:
        """Whoever held it may still be at work, or be dead."""
        course = pick(self.those(Course.held), which)
        self.expire_lease(course)
        if calls and self.idle():
            self.claim(pick(self.idle(), which), course)
            self.go(calls - 1)

    @precondition(lambda self: self.at_work(holding=True))
    @rule(who=some, renews=yes)
    def hand_back(self, who: int, renews: bool) -> None:
        worker = pick(self.at_work(holding=True), who)
        assert worker.cairn
        assert worker.task
        if renews:
            assert worker.cairn.claims.renew([(worker.task.task_id, worker.task.epoch)])
            self.courses[worker.task.task_id].free = False
        else:
            self.do(worker.hand_back())

    @precondition(lambda self: self.at_work(holding=False))
    @rule(who=some, outcome=st.sampled_from((*OUTCOMES, "stop", "renew")))
    def zombie_goes_on(self, who: int, outcome: str) -> None:
        """One whose claim is over, however: what it writes is refused, and it ends by itself."""
        worker = pick(self.at_work(holding=False), who)
        assert worker.cairn
        assert worker.task
        self.tally["writes of zombies"] += 1
        with self.nothing_changes():
            if outcome == "renew":
                assert not worker.cairn.claims.renew([(worker.task.task_id, worker.task.epoch)])
            elif outcome == "stop":
                self.do(worker.hand_back())
            else:
                worker.release(outcome)
                self.do(worker.until(lambda: True))
                assert not worker.busy, "it goes on to its next call"

    @rule(which=some, how=st.sampled_from(["checkpoints are lost", "woken twice", "asked for twice"]))
    def disturb(self, which: int, how: str) -> None:
        """What must change nothing; of a task that is due, one of those that are woken has it."""
        course = pick(self.courses.values(), which)
        if how == "woken twice" and course.claimable():
            assert len(list(filter(None, self.claims_at_once(course)))) == 1
            course.claim()
            self.expire_lease(course)
            return
        with self.nothing_changes():
            if how == "checkpoints are lost":
                self.forget_checkpoints()
            elif how == "asked for twice":
                self.submit_again()
            else:
                assert set(self.claims_at_once(course)) == {None}


@pytest.mark.full("postgres")
def test_what_must_be_there_is_there(grounds: Grounds, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("--full")
    chosen = core.global_force_seed
    if chosen is None:
        chosen = secrets.randbelow(2**32) if full else SEED
    number = (MANY if full else FEW)[grounds.name]
    PRINTED.append(f"model, {grounds.name}: {number} histories of {RULES} rules, seed {chosen}")
    with grounds.copy(None) as empty:
        tally = Counter[str]()
        histories = get_state_machine_test(
            lambda: Histories(grounds, empty, tally),  # type: ignore[arg-type]
            settings=settings(
                max_examples=number, stateful_step_count=RULES, database=None, deadline=None,
                suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
            ),
        )  # fmt: skip
        seed(chosen)(histories)()
    PRINTED.append(f"committed: {', '.join(f'{n} {what}' for what, n in sorted(tally.items()))}")
