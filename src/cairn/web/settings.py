"""How this Cairn is set up: who writes, how the models are asked, where everything is kept. A page to read:
what it shows is set in the environment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response

from cairn.domain.modes import CURRICULUM_PARTS, Mode
from cairn.domain.thought import Thought
from cairn.door import Opened
from cairn.store.postgres import shown
from cairn.usecases.models import Chosen
from cairn.web.page import draw

THOUGHTS = {
    Thought.intent: "Understand the goal",
    Thought.curriculum: "Design the curriculum",
    Thought.validation: "Read the outline",
    Thought.edit: "Edit the outline",
    Thought.tutorial: "Write tutorials",
    Thought.resources: "Find resources",
    Thought.quiz: "Write quizzes",
}
WAYS = {
    Mode.tool: "by a tool call",
    Mode.native: "held to the form by its server",
    Mode.prompted: "by a form in the prompt",
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """One thought. `state`: done, failed or pending, which is not tried; `failed`: what did not work."""

    words: str
    state: str
    way: str
    tried_at: datetime | None = None
    failed: Sequence[str] = ()


@router.get("/settings")
async def settings(cairn: Opened) -> Response:
    chosen = await cairn.models.chosen()
    models = {one.model: one for one in chosen}.values()
    place = cairn.settings.postgres
    return draw(
        "settings.html",
        author=cairn.settings.model,
        courses=[cairn.shelf.course(head.id).title for head in cairn.shelf.heads],
        models=[(first, [line_of(one) for one in chosen if one.model == first.model]) for first in models],
        untried=any(one.thought.value not in one.kept for one in chosen),
        kind="PostgreSQL" if place else "SQLite",
        database=shown(place) if place else str(cairn.settings.database),
        folder=str(cairn.settings.data_dir),
    )


def line_of(one: Chosen) -> Line:
    words = THOUGHTS[one.thought]
    found = one.kept.get(one.thought.value)
    if found is None:
        return Line(words, "pending", "not tried")
    failed = found.failed.splitlines()
    if found.mode is not None:
        return Line(words, "done", WAYS[found.mode], found.tried_at, failed)
    parts = [one.kept.get(form) for form in CURRICULUM_PARTS] if one.thought is Thought.curriculum else []
    if parts and all(part and part.mode for part in parts):
        return Line(words, "done", "stage by stage", found.tried_at, failed)
    return Line(words, "failed", "no way works", found.tried_at, failed)
