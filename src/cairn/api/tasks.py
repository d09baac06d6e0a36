"""Tasks: ask for a course, retry, look, follow, cancel."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.responses import StreamingResponse
from starlette.types import Send

from cairn.api.openapi import ACCEPTED, COSTS, REVIEW, TASK, answered, asked, changed, decided
from cairn.api.values import accepted_value, costs_value, review_value, task_value
from cairn.bootstrap import Cairn
from cairn.domain.task import ACTIVE, StoredEvent, Task
from cairn.door import Opened, Owner, cursor, read_cursor

router = APIRouter()
Object = Annotated[dict[str, Any], Body()]
STILL_HERE = ": still here\n\n"
"""A comment: only by sending something is it found that nobody reads any more."""


@router.post("/generation/roadmap", status_code=202, responses=answered(202, ACCEPTED), openapi_extra=asked())
async def ask(
    cairn: Opened, owner: Owner, body: Object,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a course for a goal."""
    task = await cairn.tasks.ask(owner, body, idempotency_key)
    return accepted_value(await cairn.tasks.describe(task))


@router.post(
    "/generation/retry/{task_id}", status_code=202, responses=answered(202, ACCEPTED), openapi_extra=changed()
)
async def retry(
    cairn: Opened, owner: Owner, task_id: str, body: Annotated[dict[str, Any] | None, Body()] = None
) -> dict[str, Any]:
    """Make what is missing, or what a changed request needs."""
    task = await cairn.moves.retry(owner, task_id, body)
    return accepted_value(await cairn.tasks.describe(task))


@router.get("/tasks")
async def list_tasks(
    cairn: Opened, owner: Owner, limit: Annotated[int, Query(ge=1, le=200)] = 50, after: str | None = None
) -> dict[str, Any]:
    """The newest first. `next` is the `after` of the page that follows."""
    views = await cairn.tasks.list(owner, limit + 1, read_cursor(after))
    page = views[:limit]
    more = {"next": cursor(page[-1].task)} if len(views) > limit else {}
    return {"items": [task_value(view) for view in page], **more}


@router.get("/tasks/{task_id}", responses=answered(200, TASK))
async def get(cairn: Opened, owner: Owner, task_id: str) -> dict[str, Any]:
    return task_value(await cairn.tasks.view(owner, task_id))


@router.get("/tasks/{task_id}/cost", responses=answered(200, COSTS))
async def cost(cairn: Opened, owner: Owner, task_id: str) -> dict[str, Any]:
    """What the task's calls cost: all together, of each run, and of each product. A call without an answer
    counts with what was expected of it."""
    return costs_value(await cairn.tasks.costs(owner, task_id))


@router.get("/tasks/{task_id}/intent-analysis")
async def intent(cairn: Opened, owner: Owner, task_id: str) -> dict[str, Any]:
    return (await cairn.tasks.intent(owner, task_id)).model_dump(mode="json")


@router.post("/tasks/{task_id}/cancel", status_code=202, responses=answered(202, ACCEPTED))
async def cancel(cairn: Opened, owner: Owner, task_id: str) -> dict[str, Any]:
    return accepted_value(await cairn.tasks.describe(await cairn.moves.cancel(owner, task_id)))


@router.get("/tasks/{task_id}/review", responses=answered(200, REVIEW))
async def review(cairn: Opened, owner: Owner, task_id: str) -> dict[str, Any]:
    """The outline that waits for a person, or was decided last."""
    return review_value(await cairn.reviews.get(owner, task_id))


@router.post("/tasks/{task_id}/review", responses=answered(200, ACCEPTED), openapi_extra=decided())
async def decide(cairn: Opened, owner: Owner, task_id: str, body: Object) -> dict[str, Any]:
    """Approve the outline, or have it changed: in words, by edits, or both."""
    task = await cairn.reviews.decide(owner, task_id, body)
    return accepted_value(await cairn.tasks.describe(task))


@router.get("/tasks/{task_id}/events")
async def events(
    cairn: Opened, owner: Owner, task_id: str,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
    after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:  # fmt: skip
    """Server-sent events; `id` is the `seq`. 204 where an ended task has nothing more to tell. `after` is
    for a browser, whose EventSource cannot send `Last-Event-ID` on its first request."""
    task = await cairn.tasks.get(owner, task_id)
    last_event_id = after if last_event_id is None else last_event_id
    start = last_event_id or 0
    if last_event_id is not None and task.status not in ACTIVE and start >= task.last_seq:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(told(cairn, task, start), 200, headers, "text/event-stream")


class EventStream(StreamingResponse):
    """When its reader goes away, whatever it waits for is let go at once, and not when it is found."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast("AsyncGenerator[str]", self.body_iterator)):
            await super().stream_response(send)


async def told(cairn: Cairn, task: Task, after: int) -> AsyncGenerator[str]:
    yield "retry: 2000\n\n"
    async with aclosing(cairn.tasks.following.follow(task, after)) as batches:
        async for batch in batches:
            yield "".join(map(as_sse, batch)) or STILL_HERE


def as_sse(event: StoredEvent) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {event.as_json}\n\n"
