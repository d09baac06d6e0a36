"""A piece of a concept made anew, its earlier versions, and putting one of them back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cairn.domain.errors import BadInput, Conflict
from cairn.door import Opened, Owner
from cairn.web.page import draw
from cairn.web.roadmaps import Said, draw_concept

router = APIRouter(prefix="/roadmaps/{roadmap_id}/concepts/{concept_id}", include_in_schema=False)


@router.post("/regenerate")
async def regenerate(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, request: Request
) -> Response:
    """A second click finds the run of the first at work and lands beside it; whatever else is at work keeps
    its way, and the wish stays in its field."""
    form = await request.form()
    kind, wish = str(form.get("kind", "")), str(form.get("wish", "")).strip()
    try:
        await cairn.versions.regenerate(owner, roadmap_id, concept_id, kind, wish)
    except BadInput as error:
        said = Said(kind, f"Your {error.detail}. Nothing was stored.", wish)
        return await draw_concept(cairn, owner, roadmap_id, concept_id, said=said, status=422)
    except Conflict as error:
        task = (await cairn.roadmaps.get(owner, roadmap_id)).task
        asked = await cairn.versions.asked(task)
        if asked is None or (asked.kind, asked.concept_id, asked.wish) != (kind, concept_id, wish):
            said = Said(kind, f"{error.detail} Your wish was not stored.", wish)
            return await draw_concept(cairn, owner, roadmap_id, concept_id, said=said, status=409)
    return RedirectResponse(f"/roadmaps/{roadmap_id}/concepts/{concept_id}#about-{kind}", 303)


@router.get("/versions/{kind}/{rev}")
async def show(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, kind: str, rev: int
) -> Response:
    version, value = await cairn.versions.read(owner, roadmap_id, concept_id, kind, rev)
    if version.current:
        return RedirectResponse(f"/roadmaps/{roadmap_id}/concepts/{concept_id}#about-{kind}", 303)
    lesson = await cairn.roadmaps.lesson(owner, roadmap_id, concept_id)
    return draw("version.html", view=lesson.roadmap, concept=lesson.concept, version=version, value=value)


@router.post("/versions/{kind}/{rev}/restore")
async def restore(
    cairn: Opened, owner: Owner, roadmap_id: str, concept_id: str, kind: str, rev: int
) -> Response:
    try:
        await cairn.versions.restore(owner, roadmap_id, concept_id, rev, kind)
    except Conflict as error:
        said = Said(kind, f"{error.detail} Version {rev} was not put back.")
        return await draw_concept(cairn, owner, roadmap_id, concept_id, said=said, status=409)
    place = f"/roadmaps/{roadmap_id}/concepts/{concept_id}"
    return RedirectResponse(f"{place}?back={kind}#about-{kind}", 303)
