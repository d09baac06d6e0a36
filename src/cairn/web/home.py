"""The first page: the question, your courses, the built-in courses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cairn.bootstrap import Cairn
from cairn.domain.course import Level
from cairn.domain.errors import BadInput, NotFound
from cairn.domain.fingerprint import fingerprint
from cairn.domain.request import HOURS, QUERY_LENGTH
from cairn.door import Opened, Owner, cursor, read_cursor
from cairn.usecases.roadmaps import RoadmapView
from cairn.usecases.tasks import TaskView
from cairn.web.page import draw

FIELDS = {
    "query": "The goal", "level": "The level", "hours_per_week": "Hours a week", "deadline": "The end date",
    "known": "What you know already", "review": "The choice to see the outline first",
    "max_cost_usd": "The most it may cost",
}  # fmt: skip
SHOWN = 12
"""Courses on the first page; the list goes on behind “older”."""
MOST_PUT_AWAY = 50

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Mine:
    """One course of the learner; `roadmap` is None before its outline is published."""

    view: TaskView
    roadmap: RoadmapView | None


@router.get("/")
async def home(
    cairn: Opened, owner: Owner, goal: str = "", before: str | None = None, away: str = "", back: str = ""
) -> Response:
    """`away` and `back`: a roadmap that was just put away or taken back, to say so."""
    return await draw_home(cairn, owner, {"query": goal}, before=before, away=away, back=back)


@router.post("/")
async def ask(cairn: Opened, owner: Owner, request: Request) -> Response:
    """The key is made from the form's own mark and what it says: a double click makes one course, a
    changed goal sent from the same page another."""
    said = {name: str(value).strip() for name, value in (await request.form()).items()}
    mark = said.pop("mark", "") or uuid4().hex
    try:
        asked = read_form(said)
        task = await cairn.tasks.ask(owner, asked, key=f"page:{mark[:64]}:{fingerprint(asked)}")
    except BadInput as error:
        return await draw_home(cairn, owner, said, error, mark=mark)
    return RedirectResponse(f"/tasks/{task.task_id}", 303)


def read_form(said: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in; a field left empty is not asked for."""
    asked: dict[str, Any] = {name: value for name, value in said.items() if value and name != "known"}
    asked["query"] = said.get("query", "")
    if "review" in asked:
        asked["review"] = asked["review"] == "yes"
    if known := said.get("known", ""):
        asked["known"] = [item.strip() for item in known.replace("，", ",").replace("\n", ",").split(",")]
    return asked


async def draw_home(
    cairn: Cairn, owner: str, said: Mapping[str, str], error: BadInput | None = None, *,
    mark: str = "", before: str | None = None, away: str = "", back: str = "",
) -> Response:  # fmt: skip
    views = await cairn.tasks.list(owner, SHOWN + 1, read_cursor(before))
    mine = [Mine(view, await roadmap_of(cairn, owner, view)) for view in views[:SHOWN]]
    faults: dict[str, str] = {}
    found = cast("list[dict[str, str]]", error.extra.get("errors", [])) if error else []
    for fault in found:
        faults.setdefault(fault["field"].partition(".")[0], fault["message"])
    said_wrong = [f"{FIELDS.get(field, field)} {message}." for field, message in faults.items()]
    put_away = await cairn.tasks.put_away(owner, MOST_PUT_AWAY)
    last = mine[-1].view.task if len(views) > SHOWN else None
    return draw(
        "home.html", 422 if error else 200,
        said=said, error=error, faults=faults, said_wrong=said_wrong, mark=mark or uuid4().hex, mine=mine,
        courses=[cairn.shelf.course(head.id) for head in cairn.shelf.heads],
        any_goal=cairn.settings.model != "library", paid=cairn.settings.language_model,
        levels=[level.value for level in Level], hours=HOURS, longest=QUERY_LENGTH, first_page=before is None,
        older=cursor(last) if last else None, put_away=put_away,
        just_away=next((task for task in put_away if task.roadmap_id == away), None),
        just_back=next((one.view.task for one in mine if one.view.task.roadmap_id == back), None),
    )  # fmt: skip


async def roadmap_of(cairn: Cairn, owner: str, view: TaskView) -> RoadmapView | None:
    try:
        return await cairn.roadmaps.get(owner, view.task.roadmap_id)
    except NotFound:
        return None
