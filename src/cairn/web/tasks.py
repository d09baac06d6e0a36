"""A course being made: its steps, its outline as it grows, and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cairn.bootstrap import Cairn
from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.task import ACTIVE, ENDED, Task, TaskStatus
from cairn.domain.thought import PIECES
from cairn.door import Opened, Owner
from cairn.usecases.pieces import piece_of
from cairn.usecases.roadmaps import RoadmapView
from cairn.usecases.tasks import StepTime
from cairn.web.costs import cost_view
from cairn.web.page import draw

STEPS = {
    "intent_analysis": "Understand the goal",
    "curriculum_design": "Design the curriculum",
    "structure_validation": "Check its structure",
    "roadmap_edit": "Edit the outline",
    "review": "Your review",
    "publish": "Publish the outline",
    "write_concept": "Write every concept",
}

ONLY_IF_IT_HAPPENED = "roadmap_edit"
REVIEW_WANTED = "The outline is ready for your review."

router = APIRouter(prefix="/tasks", include_in_schema=False)


@dataclass(frozen=True)
class Step:
    words: str
    state: str
    """done, working, waiting, pending or stopped."""
    started: datetime | None = None
    finished: datetime | None = None
    note: str = ""


@router.get("/{task_id}")
async def show(cairn: Opened, owner: Owner, task_id: str) -> Response:
    return await draw_task(cairn, owner, task_id)


@router.post("/{task_id}/retry")
async def retry(cairn: Opened, owner: Owner, task_id: str, request: Request) -> Response:
    """Also a second click, or a reload, lands on the task: the first has started the run. What waits goes
    on with another goal or ceiling only; that is said."""
    form = await request.form()
    query = str(form.get("query", "")).strip()
    before = await cairn.tasks.get(owner, task_id)
    changes: dict[str, Any] = {"query": query} if query != before.request.query else {}
    if (ceiling := form.get("max_cost_usd")) is not None:
        changes["max_cost_usd"] = number_or_text(str(ceiling).strip())
    try:
        await cairn.moves.retry(owner, task_id, changes)
    except BadInput as error:
        return await draw_task(cairn, owner, task_id, error=error, said=query, ceiling=str(ceiling or ""))
    except Conflict as error:
        if before.status is TaskStatus.awaiting_review or before.waiting:
            return await draw_task(cairn, owner, task_id, error=error, said=query)
    return RedirectResponse(f"/tasks/{task_id}", 303)


@router.post("/{task_id}/cancel")
async def cancel(cairn: Opened, owner: Owner, task_id: str) -> Response:
    await cairn.moves.cancel(owner, task_id)
    return RedirectResponse(f"/tasks/{task_id}", 303)


def number_or_text(typed: str) -> float | str | None:
    """Text where it is no number: whoever checks the request says so."""
    try:
        return float(typed) if typed else None
    except ValueError:
        return typed


async def draw_task(
    cairn: Cairn, owner: str, task_id: str, error: BadInput | Conflict | None = None, said: str = "",
    ceiling: str | None = None,
) -> Response:  # fmt: skip
    """`said` and `ceiling`: what was typed, where it could not be taken."""
    view = await cairn.tasks.view(owner, task_id)
    times = await cairn.tasks.steps(owner, task_id)
    cost = cost_view(view, await cairn.tasks.costs(owner, task_id))
    try:
        roadmap = await cairn.roadmaps.get(owner, view.task.roadmap_id)
    except NotFound:
        roadmap = None
    steps = list_steps(times, view.task, roadmap)
    waits = view.task.status is TaskStatus.awaiting_review
    return draw(
        "task.html", 409 if isinstance(error, Conflict) else 422 if error else 200,
        task=view.task, before=view.before, pieces=view.pieces, pieces_order=PIECES, steps=steps,
        roadmap=roadmap,
        active=view.task.status in ACTIVE, live=view.task.status in ACTIVE and not waits,
        now_doing=REVIEW_WANTED if waits else next((s.words for s in steps if s.state == "working"), ""),
        error=error, said=said or view.task.request.query, cost=cost, ceiling=ceiling,
    )  # fmt: skip


def list_steps(times: list[StepTime], task: Task, roadmap: RoadmapView | None) -> list[Step]:
    """Every step in story order. Where the published tree still holds, the middle ones are passed over."""
    if task.aim is not None:
        return [step_of_one_piece(task, task.aim, roadmap)]
    by_name = {time.step: time for time in times}
    ended = task.status in ENDED
    at_work = "waiting" if task.waiting else "working"
    writing = "publish" in by_name and by_name["publish"].finished is not None
    skipped = ended and roadmap is not None and set(by_name) == {"intent_analysis"}
    steps: list[Step] = []
    for name, words in STEPS.items():
        time = by_name.get(name)
        if name == "write_concept":
            whole = task.status in (TaskStatus.completed, TaskStatus.completed_with_gaps)
            started = writing or skipped
            state = "done" if whole else "pending" if not started else "stopped" if ended else at_work
            steps.append(Step(words, state))
        elif name == "review":
            if task.request.review and not skipped:
                steps.append(Step(words, review_state(task, published="publish" in by_name)))
        elif time is None:
            if name != ONLY_IF_IT_HAPPENED:
                steps.append(Step(words, "done", note="as it stood") if skipped else Step(words, "pending"))
        elif time.finished is None:
            steps.append(Step(words, "stopped" if ended else at_work, time.started))
        else:
            note = "as it stood" if time.outcome == "reused" else ""
            steps.append(Step(words, "done", time.started, time.finished, note))
    return steps


def review_state(task: Task, *, published: bool) -> str:
    if task.status is TaskStatus.awaiting_review:
        return "waiting"
    return "done" if published else "stopped" if task.status in ENDED else "pending"


def step_of_one_piece(task: Task, aim: str, roadmap: RoadmapView | None) -> Step:
    """A run for one piece passes all others over."""
    kind, concept_id = piece_of(aim)
    concept = roadmap.roadmap.concept(concept_id) if roadmap else None
    words = f"Write the {kind.value}{f' of “{concept.name}”' if concept else ''} anew"
    stopped = task.status in (TaskStatus.failed, TaskStatus.cancelled)
    failed = roadmap is not None and (kind, concept_id) in {
        (failure.kind, failure.concept_id) for failure in (*roadmap.failures, *roadmap.failed_anew)
    }
    return Step(words, "working" if task.status in ACTIVE else "stopped" if stopped or failed else "done")
