"""Rules of the model-based test: what people ask of their courses, while these are made and after."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cairn.domain.errors import Conflict
from tests.durability.machine import Machine, pick
from tests.durability.model import Course
from tests.durability.standing import BY_HAND, ENDED, GOALS, PIECES

OWNER = "local"
some = st.integers(0, 11)
"""Which of those that can be chosen: their number may differ, what is drawn does not."""
yes = st.booleans()
seldom = st.sampled_from([False, False, False, True])
then = st.sampled_from([0, 1, 2, 3, 4, 6, 9, 12, 15])
"""Calls that are made at once after it."""
CHANGES: tuple[dict[str, Any], ...] = (
    *({"query": query} for query in GOALS),
    {"content_formats": BY_HAND}, {"content_formats": None}, {"background": "Some C"}, {"background": ""},
    {"review": True}, {"review": False}, {"max_cost_usd": 5.0},
)  # fmt: skip
NAMES = ("Lifetimes", "Purpose of Rust", "Limits of Go", "Why it is so")
DECISIONS = ("approve", "edit", "words", "both")
WISHES = ("", "With more examples")
STATES = ("learning", "done", "not_started")


def readable(course: Course) -> bool:
    return course.published is not None and not course.task["deleted"]


class Asking(Machine):
    def submit(self, goal: int, review: bool) -> None:
        request = {"query": pick(GOALS, goal), "review": review}
        task = self.do(self.door.tasks.ask(OWNER, request, f"key {len(self.courses)}"))
        whole = {"content_formats": None, "background": "", "max_cost_usd": None, **request}
        self.courses[task.task_id] = Course(task.task_id, task.roadmap_id, whole)
        self.courses[task.task_id].first_request = request

    @precondition(lambda self: len(self.courses) == 1)
    @rule(goal=some, review=seldom)
    def submit_another(self, goal: int, review: bool) -> None:
        self.submit(goal, review)

    def submit_again(self) -> None:
        first = next(iter(self.courses.values()))
        body = {name: first.first_request[name] for name in ("query", "review")}
        assert self.do(self.door.tasks.ask(OWNER, body, "key 0")).task_id == first.task_id
        with pytest.raises(Conflict):
            self.do(self.door.tasks.ask(OWNER, {"query": "Learn something else"}, "key 0"))

    @rule(which=some, change=st.none() | some, twice=seldom, calls=then)
    def retry(self, which: int, change: int | None, twice: bool, calls: int) -> None:
        course = pick(self.courses.values(), which)
        changes = {} if change is None else pick(CHANGES, change)
        changed = {**course.request, **changes} != course.request
        refusal = course.refusal(changed=changed)
        if refusal:
            self.refused(refusal, self.door.moves.retry(OWNER, course.task_id, changes))
            return
        self.one_of([self.door.moves.retry(OWNER, course.task_id, changes) for _ in range(1 + twice)])
        course.retry(changes)
        self.go(calls)

    @precondition(lambda self: self.those(readable))
    @rule(which=some, concept=some, kind=some, wish=st.sampled_from(WISHES), twice=seldom, calls=then)
    def regenerate(self, which: int, concept: int, kind: int, wish: str, twice: bool, calls: int) -> None:
        course = pick(self.those(readable), which)
        piece = pick(course.wanted(), concept * len(PIECES) + kind)
        asked = (OWNER, course.roadmap_id, piece[1], piece[0], wish)
        if course.task["status"] not in ENDED:
            self.refused("task_active", self.door.versions.regenerate(*asked))
            return
        self.one_of([self.door.versions.regenerate(*asked) for _ in range(1 + twice)])
        course.regenerate(*piece, wish)
        self.go(calls)

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
    @rule(
        which=some,
        how=st.sampled_from(["approve", "edit", "words", "both"]),
        edit=some,
        twice=seldom,
        calls=then,
    )
    def decide(self, which: int, how: str, edit: int, twice: bool, calls: int) -> None:
        course = pick(self.those(Course.at_the_gate), which)
        words = "" if how in ("approve", "edit") else f"More about part {len(course.decisions)}"
        edits = [self.edit_of(course, edit)] if how in ("edit", "both") else []
        verdict = "request_changes" if words else "approve"
        said = {"round": course.task["review_round"], "decision": verdict, "feedback": words, "edits": edits}
        self.one_of([self.door.reviews.decide(OWNER, course.task_id, said) for _ in range(1 + twice)])
        course.decide(verdict, words, edits)
        self.go(calls)

    def edit_of(self, course: Course, which: int) -> dict[str, Any]:
        cards = course.tree(course.tree_shown())["concepts"]
        here = [card["name"] for card in cards]
        name = pick([name for name in (*NAMES, *course.archived.values()) if name not in here], which)
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
        number = course.task["review_round"] - old
        said = {"round": number, "decision": "approve", "edits": edits}
        codes = {"already_decided", "other_round"} if old else {"not_sound"}
        self.refused(codes, self.door.reviews.decide(OWNER, course.task_id, said))

    @rule(which=some, delete=st.sampled_from([False, False, True]), sure=seldom)
    def stop(self, which: int, delete: bool, sure: bool) -> None:
        """Most think better of it: there are many other ways to go."""
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

    @precondition(lambda self: self.those(readable))
    @rule(which=some, concept=some, state=st.sampled_from(STATES))
    def learn(self, which: int, concept: int, state: str) -> None:
        course = pick(self.those(readable), which)
        concept_id = pick(course.wanted(), concept * len(PIECES))[1]
        self.do(self.door.learning.set_progress(OWNER, course.roadmap_id, concept_id, state))
        course.progress[concept_id] = state
