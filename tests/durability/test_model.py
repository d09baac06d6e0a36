"""Model-based: whatever is asked, made, lost and repeated, in whatever order, what must be there is there.

Few histories, always the same ones; `--full` many, at random. `--hypothesis-seed=N` plays those of a seed again.
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

from cairn.domain.errors import Conflict
from cairn.store.clock import clock
from cairn.store.tasks import tasks
from cairn.usecases.claims import Claims
from tests.durability.grounds import Grounds
from tests.durability.machine import Machine, pick
from tests.durability.model import BY_HAND, ENDED, GOALS, PIECES, Course
from tests.durability.tables import PRINTED

OWNER = "local"
SEED = 20
EXAMPLES, STEPS = 12, 40
FULL_EXAMPLES, FULL_STEPS = 300, 60

some = st.integers(0, 11)
"""Which of those that can be chosen: their number may differ, what is drawn does not."""
yes = st.booleans()
dying = st.sampled_from([None] * 9 + list(range(1, 10)))
"""Crossings until a worker's death, or none of it."""
OUTCOMES = ("good", "good", "good", "refuse", "refuse", "bad", "bad", "wait")
CHANGES: tuple[dict[str, Any], ...] = (
    *({"query": query} for query in GOALS),
    {"content_formats": BY_HAND}, {"content_formats": None}, {"background": "Some C"}, {"background": ""},
    {"review": True}, {"review": False}, {"max_cost_usd": 5.0},
)  # fmt: skip
NAMES = ("Lifetimes", "Purpose of Rust", "Limits of Go", "Why it is so")
STATES = ("learning", "done", "not_started")


class Histories(Machine):
    # Asking

    @initialize(goal=some, review=yes, calls=st.sampled_from([0, 2, 5, 8, 15, 15]))
    def begin(self, goal: int, review: bool, calls: int) -> None:
        """Often with a course that is made."""
        self.submit(goal, review)
        if calls:
            [course] = self.courses.values()
            self.claim_by("A", course)
            self.go_far(0, calls, None)

    def submit(self, goal: int, review: bool) -> None:
        request = {"query": pick(GOALS, goal), "review": review}
        task = self.do(self.door.tasks.ask(OWNER, request, f"key {len(self.courses)}"))
        whole = {"content_formats": None, "background": "", "max_cost_usd": None, **request}
        self.courses[task.task_id] = Course(task.task_id, task.roadmap_id, whole)
        self.courses[task.task_id].first_request = request

    @precondition(lambda self: len(self.courses) == 1)
    @rule(goal=some, review=yes)
    def submit_another(self, goal: int, review: bool) -> None:
        self.submit(goal, review)

    # Claiming and working

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
        lost = {c.task_id: c.task["attempts"] + (c.task["status"] == "running") for c in self.those(Course.claimable)}  # fmt: skip
        assert dict(due) == lost
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
        doors = [self.door, *(w.cairn for w in self.workers.values() if w.cairn)]

        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(door.claims.claim(course.task_id, "rival") for door in doors * 2))

        assert len([task for task in self.do(all_at_once()) if task]) == 1
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

    # Losing

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
                self.wake(pick(idle, which))

    def wake(self, course: Course) -> None:
        """What is not due is nobody's to take."""
        doors = [self.door, *(w.cairn for w in self.workers.values() if w.cairn)]

        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(door.claims.claim(course.task_id, "late") for door in doors * 2))

        assert set(self.do(all_at_once())) == {None}

    def submit_again(self) -> None:
        first = next(iter(self.courses.values()))
        body = {name: first.first_request[name] for name in ("query", "review")}
        assert self.do(self.door.tasks.ask(OWNER, body, "key 0")).task_id == first.task_id
        with pytest.raises(Conflict):
            self.do(self.door.tasks.ask(OWNER, {"query": "Learn something else"}, "key 0"))

    # Moves from outside

    @rule(which=some, change=st.none() | some, twice=yes)
    def retry(self, which: int, change: int | None, twice: bool) -> None:
        course = pick(self.courses.values(), which)
        changes = {} if change is None else pick(CHANGES, change)
        changed = {**course.request, **changes} != course.request
        refusal = course.refusal(changed=changed)
        if refusal:
            self.refused(refusal, self.door.moves.retry(OWNER, course.task_id, changes))
            return
        self.one_of([self.door.moves.retry(OWNER, course.task_id, changes) for _ in range(1 + twice)])
        course.retry(changes)

    @precondition(lambda self: self.those(lambda c: bool(c.published and not c.task["deleted"])))
    @rule(which=some, concept=some, kind=some, wish=st.sampled_from(["", "With more examples"]), twice=yes)
    def regenerate(self, which: int, concept: int, kind: int, wish: str, twice: bool) -> None:
        course = pick(self.those(lambda c: bool(c.published and not c.task["deleted"])), which)
        piece = pick(course.wanted(), concept * len(PIECES) + kind)
        asked = (OWNER, course.roadmap_id, piece[1], piece[0], wish)
        if course.task["status"] not in ENDED:
            self.refused("task_active", self.door.versions.regenerate(*asked))
            return
        self.one_of([self.door.versions.regenerate(*asked) for _ in range(1 + twice)])
        course.regenerate(*piece, wish)

    @precondition(lambda self: self.those(lambda c: bool(c.restorable())))
    @rule(which=some, concept=some, rev=some)
    def restore_piece(self, which: int, concept: int, rev: int) -> None:
        course = pick(self.those(lambda c: bool(c.restorable())), which)
        kind, concept_id = piece = pick(course.restorable(), concept)
        asked = (OWNER, course.roadmap_id, concept_id, 1 + rev % (course.pieces[piece]["rev"] + 1), kind)
        if asked[3] > course.pieces[piece]["rev"]:
            self.refused("revision_not_found", self.door.versions.restore(*asked))
        elif course.task["status"] not in ENDED:
            self.refused("task_active", self.door.versions.restore(*asked))
        else:
            self.do(self.door.versions.restore(*asked))
            course.restore_piece(kind, concept_id, asked[3])

    @precondition(lambda self: self.those(Course.at_the_gate))
    @rule(which=some, how=st.sampled_from(["approve", "edit", "words", "both"]), edit=some, twice=yes)
    def decide(self, which: int, how: str, edit: int, twice: bool) -> None:
        course = pick(self.those(Course.at_the_gate), which)
        words = "" if how in ("approve", "edit") else f"More about part {len(course.decisions)}"
        edits = [self.edit_of(course, edit)] if how in ("edit", "both") else []
        verdict = "request_changes" if words else "approve"
        said = {"round": course.task["review_round"], "decision": verdict, "feedback": words, "edits": edits}
        self.one_of([self.door.reviews.decide(OWNER, course.task_id, said) for _ in range(1 + twice)])
        course.decide(verdict, words, edits)

    def edit_of(self, course: Course, which: int) -> dict[str, Any]:
        cards = course.tree(course.tree_shown())["concepts"]
        here = [card["name"].casefold() for card in cards]
        name = pick([name for name in (*NAMES, *course.archived.values()) if name.casefold() not in here], which)  # fmt: skip
        last = cards[-1]["id"]
        match which % 4:
            case 0:
                return {"op": "add", "name": name, "prerequisites": [last]}
            case 1:
                return {"op": "rename", "concept_id": pick(cards, which)["id"], "name": name}
            case 2 if len(cards) > 3:
                return {"op": "remove", "concept_id": last}
            case _:
                return {"op": "set", "concept_id": last, "estimated_hours": 2.0}

    @precondition(lambda self: self.those(Course.at_the_gate))
    @rule(which=some, old=yes)
    def decide_wrongly(self, which: int, old: bool) -> None:
        """For an old page, or by an edit that breaks what others need."""
        course = pick(self.those(Course.at_the_gate), which)
        first = course.tree(course.tree_shown())["concepts"][0]["id"]
        edits = [] if old else [{"op": "remove", "concept_id": first}]
        said = {"round": course.task["review_round"] - old, "decision": "approve", "edits": edits}
        codes = {"already_decided", "other_round"} if old else {"not_sound"}
        self.refused(codes, self.door.reviews.decide(OWNER, course.task_id, said))

    @rule(which=some, delete=st.sampled_from([False, False, True]), sure=st.sampled_from([False, True]))
    def stop(self, which: int, delete: bool, sure: bool) -> None:
        """Half of them think better of it: there are many other ways to go."""
        course = pick(self.courses.values(), which)
        if not sure:
            return
        if delete:
            self.do(self.door.moves.delete(OWNER, course.roadmap_id))
            course.delete()
        elif course.task["deleted"]:
            self.refused("task_not_found", self.door.moves.cancel(OWNER, course.task_id))
        else:
            self.do(self.door.moves.cancel(OWNER, course.task_id))
            course.cancel()

    @precondition(lambda self: self.those(lambda c: c.task["deleted"]))
    @rule(which=some)
    def take_back(self, which: int) -> None:
        course = pick(self.those(lambda c: c.task["deleted"]), which)
        self.do(self.door.moves.restore(OWNER, course.roadmap_id))
        course.undelete()

    @precondition(lambda self: self.those(lambda c: bool(c.published and not c.task["deleted"])))
    @rule(which=some, concept=some, state=st.sampled_from(STATES))
    def learn(self, which: int, concept: int, state: str) -> None:
        course = pick(self.those(lambda c: bool(c.published and not c.task["deleted"])), which)
        concept_id = pick(course.wanted(), concept * len(PIECES))[1]
        self.do(self.door.learning.set_progress(OWNER, course.roadmap_id, concept_id, state))
        course.progress[concept_id] = state


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
