"""Roadmaps: the outline, a concept with its lesson, progress, quiz attempts."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cairn.api.openapi import ACCEPTED, QUALITY, TASK, VERSION, answered, exported
from cairn.api.values import (
    accepted_value,
    attempt_value,
    lesson_value,
    roadmap_value,
    task_value,
    version_value,
)
from cairn.door import Opened, Owner, cursor, read_cursor
from cairn.exports.formats import FORMATS

router = APIRouter(prefix="/roadmaps")


class ProgressBody(BaseModel):
    state: str


class AnswersBody(BaseModel):
    answers: dict[str, list[str]]


class RegenerateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: str = Field(description="tutorial, resources or quiz")
    wish: str | None = Field(default=None, description="What should be different, in words.")


class PutBackBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: str | None = Field(
        default=None, description="Needed where several pieces have a revision of this number."
    )


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


@router.get("/{roadmap_id}/quality", responses=answered(200, QUALITY))
async def quality(cairn: Opened, owner: Owner, roadmap_id: str) -> dict[str, Any]:
    """How the roadmap was checked, in numbers, and what stayed wrong."""
    found = await cairn.roadmaps.quality(owner, roadmap_id)
    tree = {} if found.tree is None else {"tree": found.tree.model_dump(mode="json")}
    told = {"pieces": found.pieces, "links": found.links}
    return {**tree, **{name: report.model_dump(mode="json") for name, report in told.items()}}


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


@router.post(
    "/{roadmap_id}/concepts/{concept_id}/regenerate", status_code=202, responses=answered(202, ACCEPTED)
)
async def regenerate(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, body: RegenerateBody
) -> dict[str, Any]:
    """Make one piece anew; the old one is read until the new one stands."""
    task = await cairn.versions.regenerate(owner, roadmap_id, concept_id, body.kind, body.wish)
    return accepted_value(await cairn.tasks.describe(task))


@router.get("/{roadmap_id}/concepts/{concept_id}/versions")
async def list_versions(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, kind: str | None = None
) -> dict[str, Any]:
    """Every revision of the concept's pieces, the newest first; `kind` narrows it to one of them."""
    stand = await cairn.versions.list(owner, roadmap_id, concept_id)
    return {"items": [version_value(v) for v in stand if kind is None or v.kind.value == kind]}


@router.post("/{roadmap_id}/concepts/{concept_id}/versions/{rev}/restore", responses=answered(200, VERSION))
async def put_back(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, rev: int,
    body: PutBackBody | None = None, kind: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Put an older revision back, as a new one."""
    wanted = kind or (body.kind if body else None)
    return version_value(await cairn.versions.restore(owner, roadmap_id, concept_id, rev, wanted))


@router.get("/{roadmap_id}/export", response_class=Response, responses=exported())
async def export(
    cairn: Opened, owner: Owner, roadmap_id: str,
    wanted: Annotated[str, Query(alias="format", json_schema_extra={"enum": list(FORMATS)})],
) -> Response:  # fmt: skip
    """All of it as one file, as it stands; while it is made, the file says what is not ready."""
    file = await cairn.exports.export(owner, roadmap_id, wanted)
    return Response(
        file.content,
        media_type=file.format.media_type,
        headers={"Content-Disposition": attachment(file.file_name), "Cache-Control": "no-store"},
    )


def attachment(name: str) -> str:
    """A name beyond ASCII is spelled out for those who know RFC 8187, and left out for the others."""
    plain = name if name.isascii() else f"roadmap.{name.rpartition('.')[2]}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


@router.delete("/{roadmap_id}", status_code=204)
async def delete(cairn: Opened, owner: Owner, roadmap_id: str) -> Response:
    """Put the roadmap away; an active task is cancelled by it. `restore` takes it back."""
    await cairn.moves.delete(owner, roadmap_id)
    return Response(status_code=204)


@router.post("/{roadmap_id}/restore", responses=answered(200, TASK))
async def restore(cairn: Opened, owner: Owner, roadmap_id: str) -> dict[str, Any]:
    """Take a deleted roadmap back. It starts nothing."""
    task = await cairn.moves.restore(owner, roadmap_id)
    return task_value(await cairn.tasks.describe(task))
