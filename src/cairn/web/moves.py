"""Putting a course away and taking it back. Each leads to the first page, which says so."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from cairn.door import Opened, Owner

router = APIRouter(prefix="/roadmaps", include_in_schema=False)


@router.post("/{roadmap_id}/delete")
async def delete(cairn: Opened, owner: Owner, roadmap_id: str) -> Response:
    await cairn.moves.delete(owner, roadmap_id)
    return RedirectResponse(f"/?away={roadmap_id}", 303)


@router.post("/{roadmap_id}/restore")
async def restore(cairn: Opened, owner: Owner, roadmap_id: str) -> Response:
    await cairn.moves.restore(owner, roadmap_id)
    return RedirectResponse(f"/?back={roadmap_id}", 303)
