"""Review of a tree by a person before it is published: looking at it, and deciding once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.authors.author import Author, Estimate
from cairn.domain.diff import RoadmapDiff, diff
from cairn.domain.editing import apply_edits
from cairn.domain.edits import Edit, read_edits
from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.request import bad_fields, clean
from cairn.domain.review import Decision, EditedRoadmap, Verdict
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import Fault, ValidationReport, structure_faults
from cairn.domain.task import Event, Task, TaskStatus
from cairn.domain.thought import Thought
from cairn.nudge import Nudge
from cairn.store import products, reviews, tasks
from cairn.store.fenced import Told
from cairn.store.products import Published, Stored
from cairn.usecases.minting import minting
from cairn.usecases.store import Store
from cairn.usecases.tasks import Tasks

FIELDS = ("round", "decision", "feedback", "edits")
MOST_ROUNDS = 2**31 - 1
"""What a column of the database holds."""
table = tasks.tasks


@dataclass(frozen=True)
class Review:
    """The tree a person is asked about, or was asked about last. `diff` is against the round before; of the
    first tree of a run, against what is published."""

    task: Task
    round: int
    tree: int
    roadmap: Roadmap
    faults: tuple[Fault, ...]
    diff: RoadmapDiff
    decision: Decision | None
    published: Published | None
    expected: Estimate | None
    """What writing this tree takes."""


class Reviews:
    def __init__(self, store: Store, author: Author, nudge: Nudge, all_tasks: Tasks) -> None:
        self.store = store
        self.author = author
        self.nudge = nudge
        self.tasks = all_tasks

    @property
    def understands_words(self) -> bool:
        """Whether the author can act on feedback in words."""
        return self.author.understands_words

    async def get(self, owner: str, task_id: str) -> Review:
        """Raises `NotFound` where nothing of this run was shown to a person yet."""
        task = await self.tasks.get(owner, task_id)
        async with self.store.reading() as connection:
            steps = await products.of_task(connection, task.task_id, task.run)
            published = await products.published(connection, task.roadmap_id)
            of_run = await reviews.of_run(connection, task.task_id, task.run)
        decided = next((d for d in of_run.values() if d.review_round == task.review_round), None)
        if task.status is TaskStatus.awaiting_review:
            tree = max(number for thought, number in steps if thought is Thought.validation)
        elif decided is not None:
            tree = decided.round
        else:
            raise NotFound(
                "There is no outline to review.",
                code="no_review",
                hint="A task made with review stops at its outline; follow it until it awaits review.",
            )
        report = steps[Thought.validation, tree].value
        assert isinstance(report, ValidationReport)
        roadmap = tree_of(steps, tree)
        before = tree_of(steps, tree - 1) if tree else published.roadmap if published else None
        changed = diff(before, roadmap) if before else diff(roadmap, roadmap)
        expected = self.author.expects(roadmap)
        return Review(
            task, task.review_round, tree, roadmap, report.faults, changed, decided, published, expected
        )

    async def decide(self, owner: str, task_id: str, data: Mapping[str, Any]) -> Task:
        """One decision per round, first come. Edits are tried here: what they would break is said at once."""
        said = read_decision(data)
        task = await self.tasks.get(owner, task_id)
        if task.status is not TaskStatus.awaiting_review or said.review_round != task.review_round:
            raise await self.too_late(task, said.review_round)
        try:
            decision = await self.checked(owner, task_id, said)
        except (BadInput, NotFound):  # perhaps of another tree than was seen: someone was first meanwhile
            now = await self.tasks.get(owner, task_id)
            if now.epoch != task.epoch:
                raise await self.too_late(now, said.review_round) from None
            raise

        async def work(connection: AsyncConnection, told: Told) -> bool:
            now = datetime.now(UTC)
            said = {"round": decision.review_round, "decision": decision.decision.value,
                    "edits": len(decision.edits)}  # fmt: skip
            moved = await tasks.move(
                connection, told, "decide", task_id, now, table.c.run == task.run,
                table.c.review_round == decision.review_round,
                event=Event(kind="review_decided", data=said), status=TaskStatus.queued.value,
            )  # fmt: skip
            return moved is not None and await reviews.decide(connection, task_id, task.run, decision, now)

        if not await self.store.writer.move("review_decided", work):
            raise await self.too_late(await self.tasks.get(owner, task_id), decision.review_round)
        self.nudge.wake(task_id)
        return await self.tasks.get(owner, task_id, deleted=True)

    async def checked(self, owner: str, task_id: str, said: Decision) -> Decision:
        """The decision with the tree it is about. Raises `BadInput` where nothing sound would come of it."""
        review = await self.get(owner, task_id)
        if said.feedback and not self.author.understands_words:
            raise BadInput(
                "feedback cannot be acted on: the built-in library has no author who reads words.",
                code="no_words",
                hint="Change the outline by edits: add, remove, rename, move, set.",
                errors=[{"field": "feedback", "message": "must be empty for the built-in library"}],
            )
        check_outcome(review, said)
        return said.model_copy(update={"round": review.tree})

    async def too_late(self, task: Task, review_round: int) -> Conflict:
        async with self.store.reading() as connection:
            decided = await reviews.of_round(connection, task.task_id, review_round)
        if decided is not None:
            return Conflict(
                f"Review {review_round} was decided already: {decided.decision.value}.",
                code="already_decided",
                hint="Look at the task; it goes on by that decision.",
                decision=decision_value(decided),
            )
        if task.status is TaskStatus.awaiting_review:
            return Conflict(
                f"The review that waits is number {task.review_round}, not {review_round}.",
                code="other_round",
                hint="Look at the review as it stands now, and decide that one.",
            )
        return Conflict(
            f"The task is {task.status.value}; it does not wait for a review.",
            code="not_awaiting_review",
            hint="Follow the task.",
        )


def tree_of(steps: Mapping[tuple[Any, ...], Stored], number: int) -> Roadmap:
    value = steps[(Thought.edit, number) if number else (Thought.curriculum, 0)].value
    if isinstance(value, EditedRoadmap):
        return value.roadmap
    assert isinstance(value, Roadmap)
    return value


def read_decision(data: Mapping[str, Any]) -> Decision:
    """Raises `BadInput` naming each field and what it allows. `round`, of a tree, is not known here."""
    faults = [
        {"field": name, "message": f"is not known here; known are {', '.join(FIELDS)}"}
        for name in data
        if name not in FIELDS
    ]
    number, verdict, feedback = data.get("round"), data.get("decision"), data.get("feedback")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_ROUNDS:
        faults.append({"field": "round", "message": "must be the number of the review you have seen"})
    if verdict not in tuple(Verdict):
        faults.append({"field": "decision", "message": f"must be one of {', '.join(Verdict)}"})
    try:
        words = clean(feedback) if isinstance(feedback, str) else ""
        if feedback is not None and not isinstance(feedback, str):
            raise ValueError("must be text")
    except ValueError as error:
        words = ""
        faults.append({"field": "feedback", "message": str(error)})
    if faults:
        raise bad_fields(faults)
    edits: tuple[Edit, ...] = read_edits(data["edits"]) if data.get("edits") is not None else ()
    if verdict == Verdict.request_changes and not words and not edits:
        raise bad_fields([{"field": "feedback", "message": "is missing: say what to change, or send edits"}])
    if verdict == Verdict.approve and words:
        message = "cannot go with an approval: nothing is changed after it"
        raise bad_fields([{"field": "feedback", "message": message}])
    assert isinstance(number, int)
    return Decision(review_round=number, round=0, decision=Verdict(str(verdict)), feedback=words, edits=edits)


def edited(review: Review, edits: Sequence[Edit]) -> Roadmap:
    """The tree a run would make of these edits. Raises `BadInput` for what cannot be applied."""
    mint = minting(review.task.roadmap_id, review.roadmap, review.published)
    return apply_edits(review.roadmap, edits, mint, review.task.request.hours_per_week)


def check_outcome(review: Review, decision: Decision) -> None:
    """Raises `BadInput` where the decision would leave a tree that cannot be published."""
    if decision.edits:
        names = {concept.concept_id: concept.name for concept in review.roadmap.concepts()}
        faults = structure_faults(edited(review, decision.edits), names)
        if decision.decision is Verdict.request_changes:
            faults = [fault for fault in faults if fault not in review.faults]
    else:
        faults = list(review.faults) if decision.decision is Verdict.approve else []
    if faults:
        said = "; ".join(fault.message for fault in faults)
        raise BadInput(
            f"The outline would not be sound: {said}.",
            code="not_sound",
            hint="Send the edits again with these put right; nothing was stored and the review still waits.",
            errors=[{"field": "edits", **fault.model_dump(exclude_none=True)} for fault in faults],
        )


def decision_value(decision: Decision) -> dict[str, Any]:
    """A decision as others see it."""
    return {
        "round": decision.review_round,
        "decision": decision.decision.value,
        "feedback": decision.feedback,
        "edits": [edit.model_dump(mode="json", exclude_none=True) for edit in decision.edits],
    }
