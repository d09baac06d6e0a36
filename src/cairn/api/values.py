"""What use cases answer, as the JSON the contract names."""

from typing import Any

from cairn.authors.author import Estimate
from cairn.domain.lesson import Quiz, Resource
from cairn.domain.link import Checks
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.thought import PIECES
from cairn.store.calls import Spent
from cairn.store.versions import Version
from cairn.text.markdown import render
from cairn.usecases.learning import Attempt, Graded
from cairn.usecases.reviews import Review, decision_value
from cairn.usecases.roadmaps import LessonView, RoadmapView
from cairn.usecases.tasks import Costs, TaskView

PREFIX = "/api/v1"


def task_value(view: TaskView) -> dict[str, Any]:
    task = view.task
    value = {
        "task_id": task.task_id,
        "roadmap_id": task.roadmap_id,
        "run": task.run,
        "epoch": task.epoch,
        "status": task.status.value,
        "query": task.request.query,
        "current_step": view.current_step,
        "pieces": {"ready": view.pieces.ready, "total": view.pieces.total, "failed": view.pieces.failed},
        "cost": task_cost_value(view),
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }
    if view.before is not None:
        value["place_in_queue"] = view.before + 1
    if task.waiting:
        value["waiting"] = task.waiting.model_dump(mode="json")
    if task.error:
        value["error"] = task.error.model_dump(exclude={"product"})
    return value


def task_cost_value(view: TaskView) -> dict[str, Any]:
    """What is spent; what writing the course is expected to take; the ceiling."""
    ceiling = view.task.request.max_cost_usd
    return {
        **cost_value(view.spent),
        **({"expected": cost_value(view.expected)} if view.expected else {}),
        **({} if ceiling is None else {"max_usd": ceiling}),
    }


def costs_value(costs: Costs) -> dict[str, Any]:
    return {
        **cost_value(costs.total),
        "runs": [{"run": run, **cost_value(spent)} for run, spent in costs.runs.items()],
        "products": [{"product": name, **cost_value(spent)} for name, spent in costs.products.items()],
    }


def cost_value(cost: Spent | Estimate) -> dict[str, Any]:
    """Without `usd` where the price is not known."""
    usd = {} if cost.usd is None else {"usd": cost.usd}
    return {
        "calls": cost.calls, "input_tokens": cost.input_tokens, "output_tokens": cost.output_tokens, **usd,
    }  # fmt: skip


def accepted_value(view: TaskView) -> dict[str, Any]:
    task = view.task
    links = {
        "task": f"{PREFIX}/tasks/{task.task_id}",
        "events": f"{PREFIX}/tasks/{task.task_id}/events",
        "roadmap": f"{PREFIX}/roadmaps/{task.roadmap_id}",
    }
    return {
        "task_id": task.task_id, "roadmap_id": task.roadmap_id, "run": task.run,
        "status": task.status.value, "links": links,
    }  # fmt: skip


def roadmap_value(view: RoadmapView) -> dict[str, Any]:
    roadmap = view.roadmap
    return {
        "roadmap_id": view.task.roadmap_id,
        "task_id": view.task.task_id,
        "title": roadmap.title,
        "summary": roadmap.summary,
        "author": view.author,
        "language": roadmap.language,
        "total_hours": roadmap.total_hours,
        **({"weeks": roadmap.weeks} if roadmap.weeks is not None else {}),
        "left_out": [item.model_dump() for item in roadmap.left_out],
        "stages": roadmap.outline(lambda concept: concept_value(concept, view)),
    }


def review_value(review: Review) -> dict[str, Any]:
    return {
        "round": review.round,
        "roadmap": tree_value(review.roadmap),
        "faults": [fault.model_dump() for fault in review.faults],
        "diff": review.diff.model_dump(mode="json"),
        **({"decision": decision_value(review.decision)} if review.decision else {}),
        **({"expected_cost": cost_value(review.expected)} if review.expected else {}),
    }


def tree_value(roadmap: Roadmap) -> dict[str, Any]:
    """A tree that is not published: without states and progress."""
    value = roadmap.model_dump(mode="json", exclude={"stages", "mended"}, exclude_none=True)
    return {**value, "stages": roadmap.outline(Concept.card), "total_hours": roadmap.total_hours}


def version_value(version: Version) -> dict[str, Any]:
    return {
        "kind": version.kind.value, "rev": version.rev, "current": version.current,
        "author": version.author, "created_at": version.created_at,
    }  # fmt: skip


def concept_value(concept: Concept, view: RoadmapView) -> dict[str, Any]:
    return {
        **concept.card(),
        "status": {piece.value: view.status[piece, concept.concept_id] for piece in PIECES},
        "progress": view.progress[concept.concept_id],
    }


def lesson_value(lesson: LessonView) -> dict[str, Any]:
    tutorial = lesson.tutorial
    return {
        "concept": concept_value(lesson.concept, lesson.roadmap),
        "tutorial": None if tutorial is None else {
            **tutorial.model_dump(mode="json", exclude={"remarks"}),
            "html": render(tutorial.markdown), "rev": lesson.tutorial_rev,
        },
        "resources": None if lesson.resources is None else [
            resource_value(item, lesson.checks) for item in lesson.resources.items
        ],
        "quiz": None if lesson.quiz is None else quiz_value(lesson.quiz),
    }  # fmt: skip


def resource_value(item: Resource, checks: Checks) -> dict[str, Any]:
    """A link with the time it was last looked at, or a phrase."""
    check = checks.get(item.url) if item.url else None
    checked = {"checked_at": check.checked_at} if check else {}
    return {**item.model_dump(mode="json", exclude_none=True), **checked}


def quiz_value(quiz: Quiz) -> dict[str, Any]:
    """The quiz without its keys and explanations: those come with the answer to an attempt."""
    return {
        "questions": [
            {
                "question_id": question.question_id,
                "question_type": question.question_type.value,
                "question": question.question,
                "options": [{"option_id": o.option_id, "text": o.text} for o in question.options],
            }
            for question in quiz.questions
        ]
    }


def attempt_value(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt_id": attempt.attempt_id,
        "right": attempt.right,
        "asked": len(attempt.graded),
        "score": attempt.right / len(attempt.graded),
        "questions": [graded_value(graded) for graded in attempt.graded],
    }


def graded_value(graded: Graded) -> dict[str, Any]:
    return {
        "question_id": graded.question.question_id,
        "right": graded.right,
        "chosen": sorted(graded.chosen),
        "options": [option.model_dump() for option in graded.question.options],
    }
