"""A roadmap to read: the outline with its graph, a concept with its lesson, and the quiz under it."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cairn.bootstrap import Cairn
from cairn.domain.errors import BadInput, Conflict
from cairn.domain.lesson import Question
from cairn.domain.roadmap import Concept
from cairn.domain.task import ACTIVE
from cairn.door import Opened, Owner
from cairn.exports.formats import FORMATS
from cairn.text.markdown import headings
from cairn.usecases.learning import Graded, Standing
from cairn.usecases.roadmaps import LessonView
from cairn.usecases.versions import WISH_LENGTH
from cairn.web.graph import draw_graph
from cairn.web.page import draw
from cairn.web.quality import quality_said

router = APIRouter(prefix="/roadmaps", include_in_schema=False)


@dataclass(frozen=True)
class Said:
    """Why what was asked on the page of a concept was not done, said at its place: a piece's name, or
    “answer” for the quiz. `wish` is what was typed."""

    about: str
    words: str
    wish: str = ""


@dataclass(frozen=True)
class QuizPage:
    """What the quiz shows: one question (`at`, from 0), answered or to be answered, or the result."""

    standing: Standing
    at: int
    again: bool

    @property
    def question(self) -> Question | None:
        questions = self.standing.quiz.questions
        return questions[self.at] if self.at < len(questions) else None

    @property
    def answer(self) -> Graded | None:
        question = self.question
        return None if question is None or self.again else self.standing.answered.get(question.question_id)


@router.get("/{roadmap_id}")
async def outline(cairn: Opened, owner: Owner, roadmap_id: str) -> Response:
    view = await cairn.roadmaps.get(owner, roadmap_id)
    notes = (await cairn.tasks.intent(owner, view.task.task_id)).personalized_suggestions
    return draw("roadmap.html", view=view, graph=draw_graph(view), notes=notes, exports=tuple(FORMATS))


@router.get("/{roadmap_id}/quality")
async def quality(cairn: Opened, owner: Owner, roadmap_id: str) -> Response:
    view = await cairn.roadmaps.get(owner, roadmap_id)
    said = quality_said(await cairn.roadmaps.quality(owner, roadmap_id))
    return draw("quality.html", view=view, said=said)


@router.get("/{roadmap_id}/concepts/{concept_id}")
async def read(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str,
    q: int | Literal["result"] | None = None, again: bool = False, back: str = "",
) -> Response:  # fmt: skip
    """`back`: a piece of which an earlier version was just put back, to say so."""
    return await draw_concept(cairn, owner, roadmap_id, concept_id, q, again, back=back)


async def draw_concept(
    cairn: Cairn, owner: str, roadmap_id: str, concept_id: str,
    q: int | Literal["result"] | None = None, again: bool = False, *, said: Said | None = None,
    status: int = 200, back: str = "",
) -> Response:  # fmt: skip
    lesson = await cairn.roadmaps.lesson(owner, roadmap_id, concept_id)
    concepts = list(lesson.roadmap.roadmap.concepts())
    at = next(n for n, concept in enumerate(concepts) if concept.concept_id == concept_id)
    return draw(
        "concept.html", status,
        view=lesson.roadmap, lesson=lesson, concept=lesson.concept, number=at + 1, of=len(concepts),
        headings=headings(lesson.tutorial.markdown) if lesson.tutorial else (),
        needed=[c for p in lesson.concept.prerequisites if (c := lesson.roadmap.roadmap.concept(p))],
        before=concepts[at - 1] if at else None,
        after=concepts[at + 1] if at + 1 < len(concepts) else None,
        quiz=await quiz_page(cairn, owner, roadmap_id, lesson, q, again), said=said, back=back,
        versions=await cairn.versions.of(lesson),
        asked=await cairn.versions.asked(lesson.roadmap.task), active=lesson.roadmap.task.status in ACTIVE,
        failures={
            failure.kind.value: failure
            for failure in (*lesson.roadmap.failures, *lesson.roadmap.failed_anew)
            if failure.concept_id == concept_id
        },
        longest_wish=WISH_LENGTH,
    )  # fmt: skip


async def quiz_page(
    cairn: Cairn, owner: str, roadmap_id: str, lesson: LessonView, q: int | str | None, again: bool
) -> QuizPage | None:
    if lesson.quiz is None:
        return None
    standing = await cairn.learning.standing(owner, roadmap_id, lesson.concept.concept_id, lesson.quiz)
    last = len(lesson.quiz.questions)
    at = standing.next if q is None else last if q == "result" else min(max(int(q) - 1, 0), last)
    return QuizPage(standing, at, again)


@router.post("/{roadmap_id}/concepts/{concept_id}/quiz")
async def answer(cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, request: Request) -> Response:
    """Store the answer to one question and show it graded. A quiz that changed meanwhile is shown anew."""
    form = await request.form()
    question_id, chosen = str(form.get("question", "")), [str(value) for value in form.getlist("option")]
    try:
        number = int(str(form.get("number", "1")))
    except ValueError as error:
        raise BadInput("number must be the place of the question") from error
    if not chosen:
        said = Said("answer", "Choose an answer first; nothing was stored.")
        return await draw_concept(cairn, owner, roadmap_id, concept_id, number, True, said=said, status=422)
    try:
        await cairn.learning.answer(owner, roadmap_id, concept_id, {question_id: chosen})
    except Conflict:
        words = (
            "The quiz was renewed since this page was opened: here is the current one. Nothing was stored."
        )
        said = Said("answer", words)
        return await draw_concept(cairn, owner, roadmap_id, concept_id, said=said, status=422)
    return RedirectResponse(f"/roadmaps/{roadmap_id}/concepts/{concept_id}?q={number}#quiz", 303)


@router.post("/{roadmap_id}/concepts/{concept_id}/progress")
async def mark(cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, request: Request) -> Response:
    """Mark the concept; what is behind the learner leads on to the next."""
    state = str((await request.form()).get("state", ""))
    await cairn.learning.set_progress(owner, roadmap_id, concept_id, state)
    view = await cairn.roadmaps.get(owner, roadmap_id)
    onward = following(list(view.roadmap.concepts()), concept_id) if view.passed(concept_id) else concept_id
    place = f"/concepts/{onward}" if onward else ""
    return RedirectResponse(f"/roadmaps/{roadmap_id}{place}", 303)


def following(concepts: list[Concept], concept_id: str) -> str | None:
    ids = [concept.concept_id for concept in concepts]
    at = ids.index(concept_id) + 1
    return ids[at] if at < len(ids) else None
