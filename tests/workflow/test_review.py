"""Human review: the run ends at its gate, one decision counts, and what a person changed by hand stays."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from cairn.authors.author import Ask, EditGiven, RoadmapEdits
from cairn.bootstrap import Cairn
from cairn.domain.edits import Remove
from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.task import Task, TaskStatus
from tests.databases import Database
from tests.workflow.scripted import OWNER, Scripted, made, run, to_the_end, until_told, working


async def at_the_gate(cairn: Cairn, **asked: Any) -> Task:
    asked = {"query": "Learn Rust", "review": True, **asked}
    task = await until_told(cairn, await cairn.tasks.ask(OWNER, asked), "review_wanted")
    assert task.status is TaskStatus.awaiting_review
    return task


async def decide(cairn: Cairn, task: Task, decision: str, **more: Any) -> Task:
    return await cairn.reviews.decide(
        OWNER, task.task_id, {"round": task.review_round, "decision": decision, **more}
    )


def names(roadmap: Any) -> list[str]:
    return [concept.name for concept in roadmap.concepts()]


def test_an_approved_outline_is_published_as_it_was_shown(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await at_the_gate(cairn)
            with pytest.raises(NotFound):
                await cairn.roadmaps.get(OWNER, task.roadmap_id)
            shown = await cairn.reviews.get(OWNER, task.task_id)
            assert (shown.round, shown.decision, shown.faults) == (1, None, ())
            task = await to_the_end(cairn, await decide(cairn, task, "approve"))
            assert task.status is TaskStatus.completed
            assert (await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap == shown.roadmap
            assert set(author.calls.values()) == {1}, "nothing was asked of the author twice"
            decided = await cairn.reviews.get(OWNER, task.task_id)
            assert decided.decision is not None

    run(scenario())


def test_words_and_edits_by_hand_each_come_back_for_review_with_their_difference(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await at_the_gate(cairn)
            first, second, third, fourth = (await cairn.reviews.get(OWNER, task.task_id)).roadmap.concepts()
            task = await until_told(
                cairn, await decide(cairn, task, "request_changes", feedback="More about borrowing"),
                "review_wanted",
            )  # fmt: skip
            shown = await cairn.reviews.get(OWNER, task.task_id)
            assert (shown.round, shown.tree) == (2, 1)
            assert [placed.name for placed in shown.diff.added] == ["As wished: More about borrowing"]
            edits = [
                {"op": "remove", "concept_id": fourth.concept_id},
                {"op": "rename", "concept_id": first.concept_id, "name": "Why Rust"},
                {"op": "set", "concept_id": second.concept_id, "estimated_hours": 2.5},
            ]
            task = await decide(cairn, task, "approve", edits=edits)
            task = await to_the_end(cairn, task)
            assert task.status is TaskStatus.completed
            view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            assert names(view.roadmap) == [
                "Why Rust", second.name, third.name, "As wished: More about borrowing",
            ]  # fmt: skip
            assert [c.concept_id for c in view.roadmap.concepts()][:2] == [
                first.concept_id, second.concept_id,
            ], "ids stay"  # fmt: skip
            assert view.roadmap.total_hours == 5.5
            assert author.calls["edit"] == 1, "edits by hand are applied by code"

    run(scenario())


class Careless(Scripted):
    """Takes out, on its first reading of a person's words, a concept that is not there."""

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits:
        said = await super().edit_roadmap(given, ask)
        if self.calls["edit"] == 1:
            return RoadmapEdits(edits=(Remove(op="remove", concept_id="c_of_another_course"),))
        return said


def test_edits_of_the_author_that_do_not_fit_end_the_run_and_a_retry_asks_anew(database: Database) -> None:
    async def scenario() -> None:
        author = Careless()
        async with working(database, author) as cairn:
            words = {"decision": "request_changes", "feedback": "More of it"}
            task = await to_the_end(cairn, await decide(cairn, await at_the_gate(cairn), **words))
            assert task.status is TaskStatus.failed
            assert task.error
            assert task.error.code == "edits_not_applicable"
            assert "c_of_another_course" in task.error.cause
            task = await until_told(cairn, await cairn.moves.retry(OWNER, task.task_id), "review_wanted")
            task = await until_told(cairn, await decide(cairn, task, **words), "review_wanted")
            shown = await cairn.reviews.get(OWNER, task.task_id)
            assert names(shown.roadmap)[-1] == "As wished: More of it"
            assert author.calls["edit"] == 2, "the answer that did not fit is not taken again"

    run(scenario())


def test_edits_by_hand_outlive_a_retry_of_a_gap(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        author.failing = ("Purpose",)
        async with working(database, author) as cairn:
            task = await at_the_gate(cairn)
            last = list((await cairn.reviews.get(OWNER, task.task_id)).roadmap.concepts())[-1]
            edits = [{"op": "rename", "concept_id": last.concept_id, "name": "The end of it"}]
            task = await to_the_end(cairn, await decide(cairn, task, "approve", edits=edits))
            assert task.status is TaskStatus.completed_with_gaps
            author.failing = ()
            before = Counter(author.calls)
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed, task.error
            assert names((await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap)[-1] == "The end of it"
            assert [key.split(":")[0] for key in (author.calls - before)] == ["quiz"]

    run(scenario())


def test_one_of_several_decisions_takes_effect_and_the_others_hear_which(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await at_the_gate(cairn)
            outcomes = await asyncio.gather(
                decide(cairn, task, "approve"),
                decide(cairn, task, "request_changes", feedback="Shorter"),
                decide(cairn, task, "approve"),
                return_exceptions=True,
            )
            lost = [one for one in outcomes if isinstance(one, Conflict)]
            assert len(lost) == 2
            assert {one.code for one in lost} == {"already_decided"}
            [won] = [at for at, one in enumerate(outcomes) if isinstance(one, Task)]
            said = "request_changes" if won == 1 else "approve"
            assert {one.extra["decision"]["decision"] for one in lost} == {said}
            kinds = [row[0] for row in database.rows("SELECT kind FROM task_events")]
            assert kinds.count("review_decided") == 1

    run(scenario())


@pytest.mark.parametrize("first", ["cancel", "request_changes"])
def test_who_comes_second_while_the_tree_is_looked_at_hears_what_was_decided(
    database: Database, first: str
) -> None:
    """Someone moves the task on after a decision was found in time, and before its tree is read."""

    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await at_the_gate(cairn)
            last = list((await cairn.reviews.get(OWNER, task.task_id)).roadmap.concepts())[-1].concept_id
            gone = [{"op": "remove", "concept_id": last}]
            look = cairn.reviews.get

            async def moved_on(owner: str, task_id: str) -> Any:
                cairn.reviews.get = look
                if first == "cancel":
                    await cairn.moves.cancel(owner, task_id)
                else:
                    other = await decide(cairn, task, first, edits=gone)
                    await until_told(cairn, other, "review_wanted")
                return await look(owner, task_id)

            cairn.reviews.get = moved_on
            with pytest.raises(Conflict) as refused:
                await decide(cairn, task, "approve", edits=gone)
            assert refused.value.code == {"cancel": "not_awaiting_review"}.get(first, "already_decided")

    run(scenario())


def test_a_page_of_an_earlier_run_cannot_approve_a_later_tree(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await at_the_gate(cairn)
            with pytest.raises(Conflict) as refused:
                await cairn.moves.retry(OWNER, task.task_id)
            assert refused.value.code == "awaiting_review"
            again = await cairn.moves.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
            again = await until_told(cairn, again, "review_wanted")
            assert (again.run, again.review_round) == (2, 2)
            with pytest.raises(Conflict) as refused:
                await decide(cairn, task, "approve")
            assert refused.value.code == "other_round"
            assert (await cairn.tasks.get(OWNER, task.task_id)).status is TaskStatus.awaiting_review

    run(scenario())


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"decision": "approve"}, "round"),
        ({"round": -1, "decision": "approve"}, "round"),
        ({"round": 10**20, "decision": "approve"}, "round"),
        ({"round": 1, "decision": "yes"}, "decision"),
        ({"round": 1, "decision": "request_changes"}, "feedback"),
        ({"round": 1, "decision": "approve", "colour": "red"}, "colour"),
        ({"round": 1, "decision": "approve", "edits": [{"op": "paint"}]}, "edits.0.op"),
        ({"round": 1, "decision": "approve", "edits": [{"op": "paint"}] * 10_000}, "edits"),
        ({"round": 1, "decision": "approve", "edits": "FIRST"}, "edits"),
    ],
)  # fmt: skip
def test_a_decision_that_breaks_a_rule_is_refused_and_the_review_still_waits(
    database: Database, said: dict[str, Any], field: str
) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await at_the_gate(cairn)
            if said.get("edits") == "FIRST":  # the second concept needs the first
                first = next((await cairn.reviews.get(OWNER, task.task_id)).roadmap.concepts())
                said["edits"] = [{"op": "remove", "concept_id": first.concept_id}]
            with pytest.raises(BadInput) as refused:
                await cairn.reviews.decide(OWNER, task.task_id, said)
            assert field in {fault["field"] for fault in refused.value.extra["errors"]}
            now = await cairn.tasks.get(OWNER, task.task_id)
            assert (now.status, now.last_seq) == (TaskStatus.awaiting_review, task.last_seq)

    run(scenario())


def test_a_task_without_review_has_none_to_show_or_decide(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await made(cairn)
            with pytest.raises(NotFound):
                await cairn.reviews.get(OWNER, task.task_id)
            with pytest.raises(Conflict) as refused:
                await decide(cairn, task, "approve")
            assert (task.review_round, refused.value.code) == (0, "not_awaiting_review")

    run(scenario())
