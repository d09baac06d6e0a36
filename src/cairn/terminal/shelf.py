"""Looks at what is stored, and stops a task."""

from cairn.domain.errors import NotFound
from cairn.terminal.follow import OWNER, opened
from cairn.terminal.outline import outline_as_json, print_outline


async def list_tasks() -> int:
    async with opened() as cairn:
        views = await cairn.tasks.list(OWNER)
    for view in views:
        task, pieces = view.task, view.pieces
        state = f"{task.status.value:<20} {pieces.ready:>4}/{pieces.total:<4}"
        print(f"{task.task_id}  {state} {task.request.query}")
    if not views:
        print('No courses yet. Try: cairn learn "Learn Redis"')
    return 0


async def show(given: str, *, as_json: bool) -> int:
    async with opened() as cairn:
        try:
            roadmap_id = (await cairn.tasks.get(OWNER, given)).roadmap_id
        except NotFound:
            roadmap_id = given
        view = await cairn.roadmaps.get(OWNER, roadmap_id)
    if as_json:
        print(outline_as_json(view))
    else:
        print_outline(view)
    return 0


async def cancel(task_id: str) -> int:
    async with opened() as cairn:
        task = await cairn.moves.cancel(OWNER, task_id)
    print(f"{task.task_id} is {task.status.value}; what was finished stays readable.")
    return 0
