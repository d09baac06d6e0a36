"""The outline before it is written: a person looks, changes it by hand or in words, and decides once."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cairn.bootstrap import Cairn
from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.request import TEXT_LENGTH
from cairn.door import Opened, Owner
from cairn.usecases.reviews import Review, decision_value, read_decision
from cairn.web.costs import expected_said
from cairn.web.edits import OutlineForm
from cairn.web.page import draw

MOST_FIELDS = 50_000
"""The body's size is bounded by the guard; a long outline has many fields."""

router = APIRouter(prefix="/tasks", include_in_schema=False)


@router.get("/{task_id}/review")
async def show(cairn: Opened, owner: Owner, task_id: str) -> Response:
    review = await review_of(cairn, owner, task_id)
    if review is None:
        return RedirectResponse(f"/tasks/{task_id}", 303)
    if review.decision is not None:
        decided = await cairn.reviews.too_late(review.task, review.round)
        return await draw_late(cairn, owner, task_id, decided, 200)
    return draw_review(cairn, review, OutlineForm(review.roadmap))


@router.post("/{task_id}/review")
async def decide(cairn: Opened, owner: Owner, task_id: str, request: Request) -> Response:
    """What was typed is read against the outline that was shown: a page of an older round decides nothing.
    A second click on the same button lands where the first did."""
    said = await request.form(max_fields=MOST_FIELDS)
    number = round_of(str(said.get("round", "")))
    review = await review_of(cairn, owner, task_id)
    if review is None or review.round != number:
        task = await cairn.tasks.get(owner, task_id)
        error = await cairn.reviews.too_late(task, number)
        return await draw_late(cairn, owner, task_id, error, feedback=str(said.get("feedback", "")))
    form = OutlineForm(review.roadmap, said)
    data = {
        "round": number, "decision": str(said.get("decision", "")), "feedback": form.feedback,
        "edits": form.edits,
    }  # fmt: skip
    try:
        await cairn.reviews.decide(owner, task_id, data)
    except BadInput as error:
        form.put_faults(error.extra.get("errors", []))
        return draw_review(cairn, review, form, 422)
    except Conflict as error:
        if error.extra.get("decision") != decision_value(read_decision(data)):
            return await draw_late(cairn, owner, task_id, error, feedback=form.feedback)
    return RedirectResponse(f"/tasks/{task_id}", 303)


async def review_of(cairn: Cairn, owner: str, task_id: str) -> Review | None:
    """None where the run at hand has shown no outline yet, or asks for no review."""
    try:
        return await cairn.reviews.get(owner, task_id)
    except NotFound as error:
        if error.code == "no_review":
            return None
        raise


def round_of(typed: str) -> int:
    """The round a page was drawn for; 0, which there is none of, for what no page of ours says."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0


def draw_review(cairn: Cairn, review: Review, form: OutlineForm, status: int = 200) -> Response:
    return draw(
        "review.html", status, review=review, task=review.task, form=form,
        words=cairn.reviews.understands_words, longest=TEXT_LENGTH,
        expected=expected_said(review.expected),
    )  # fmt: skip


async def draw_late(
    cairn: Cairn, owner: str, task_id: str, error: Conflict, status: int = 409, feedback: str = ""
) -> Response:
    """Nothing was stored; what was said in words is shown, to be taken along."""
    task = await cairn.tasks.get(owner, task_id)
    return draw("late.html", status, task=task, error=error, refused=status != 200, feedback=feedback)
