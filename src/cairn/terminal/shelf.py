"""Looks at what is stored, stops a task, puts a course away and takes it back."""

from cairn.domain.intent import level_of
from cairn.terminal.opened import OWNER, opened, roadmap_id_of
from cairn.terminal.outline import outline_as_json, print_outline


async def list_tasks() -> int:
    async with opened() as cairn:
        views = await cairn.tasks.list(OWNER)
    for view in views:
        task, pieces = view.task, view.pieces
        level = level_of(task.request)
        state = f"{task.status.value:<20} {pieces.ready:>4}/{pieces.total:<4}"
        asked = f"{task.created_at.astimezone():%Y-%m-%d}  {level.value if level else 'all levels':<12}"
        place = f"  ({view.before} before it)" if view.before else ""
        print(f"{task.task_id}  {state} {asked}  {task.request.query}{place}")
    if not views:
        print('No courses yet. Try: cairn learn "Learn Redis"')
    return 0


async def show(given: str, *, as_json: bool) -> int:
    async with opened() as cairn:
        view = await cairn.roadmaps.get(OWNER, await roadmap_id_of(cairn, given))
    if as_json:
        print(outline_as_json(view))
    else:
        print_outline(view.roadmap)
    return 0


async def cancel(task_id: str) -> int:
    async with opened() as cairn:
        task = await cairn.moves.cancel(OWNER, task_id)
    print(f"{task.task_id} is {task.status.value}; what was finished stays readable.")
    return 0


async def delete(given: str) -> int:
    async with opened() as cairn:
        roadmap_id = await roadmap_id_of(cairn, given)
        await cairn.moves.delete(OWNER, roadmap_id)
    print(f"The course {roadmap_id} is put away. Take it back by: cairn restore {roadmap_id}")
    return 0


async def take_back(roadmap_id: str) -> int:
    async with opened() as cairn:
        task = await cairn.moves.restore(OWNER, roadmap_id)
    print(f"“{task.request.query}” is back, as it was left: {task.status.value}.")
    return 0
