"""Roadmaps: the outline, a concept with its lesson, progress, quiz attempts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cairn.api.values import attempt_value, lesson_value, roadmap_value
from cairn.door import Opened, Owner, cursor, read_cursor

router = APIRouter(prefix="/roadmaps")


class ProgressBody(BaseModel):
    state: str


class AnswersBody(BaseModel):
    answers: dict[str, list[str]]


@router.get("")
async def list_roadmaps(
    cairn: Opened, owner: Owner, limit: Annotated[int, Query(ge=1, le=200)] = 50, after: str | None = None
) -> dict[str, Any]:
    views = await cairn.roadmaps.list(owner, limit + 1, read_cursor(after))
    page = views[:limit]
    more = {"next": cursor(page[-1].task)} if len(views) > limit else {}
    return {"items": [roadmap_value(view) for view in page], **more}


@router.get("/{roadmap_id}")
async def get(cairn: Opened, owner: Owner, roadmap_id: str) -> dict[str, Any]:
    return roadmap_value(await cairn.roadmaps.get(owner, roadmap_id))


@router.get("/{roadmap_id}/concepts/{concept_id}")
async def concept(cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str) -> dict[str, Any]:
    return lesson_value(await cairn.roadmaps.lesson(owner, roadmap_id, concept_id))


@router.put("/{roadmap_id}/concepts/{concept_id}/progress")
async def set_progress(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, body: ProgressBody
) -> dict[str, Any]:
    return {"state": await cairn.learning.set_progress(owner, roadmap_id, concept_id, body.state)}


@router.post("/{roadmap_id}/concepts/{concept_id}/quiz/attempts")
async def attempt(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, body: AnswersBody
) -> dict[str, Any]:
    return attempt_value(await cairn.learning.answer(owner, roadmap_id, concept_id, body.answers))
