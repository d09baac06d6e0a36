"""Makes a course from a terminal and follows it to its end, with the reviews on its way."""

import sys
from collections.abc import Mapping
from typing import Any

from cairn.bootstrap import Cairn, Workshop
from cairn.domain.errors import Conflict
from cairn.domain.money import dollars
from cairn.domain.task import ACTIVE, Task, TaskStatus
from cairn.store.calls import Spent
from cairn.terminal.opened import OWNER, opened_to_work
from cairn.terminal.outline import outline_as_json, print_outline
from cairn.terminal.progress import bring_on
from cairn.terminal.question import can_ask
from cairn.terminal.review import Later, ask, how_to_decide, show_waiting

INTERRUPTED = 130


async def learn(asked: Mapping[str, Any], *, as_json: bool) -> int:
    async with opened_to_work() as cairn:
        task = await cairn.tasks.ask(OWNER, asked)
        return await follow(cairn, task, 0, as_json=as_json)


async def retry(task_id: str, changes: Mapping[str, Any], *, as_json: bool) -> int:
    async with opened_to_work() as cairn:
        before = await cairn.tasks.get(OWNER, task_id)
        if before.status is TaskStatus.awaiting_review and not changes:
            raise Conflict(
                "The course waits for your review; there is nothing to retry.",
                code="awaiting_review",
                hint=how_to_decide(before),
            )
        if before.status in ACTIVE and not changes:  # interrupted before, or made by another process
            return await follow(cairn, before, 0, as_json=as_json)
        task = await cairn.moves.retry(OWNER, task_id, changes)
        return await follow(cairn, task, before.last_seq, as_json=as_json)


async def review(task_id: str, said: Mapping[str, Any], *, as_json: bool) -> int:
    """Decide what waits by what was `said`, or, where nothing was, by asking; then follow the course."""
    async with opened_to_work() as cairn:
        task = await cairn.tasks.get(OWNER, task_id)
        if not said and task.status is not TaskStatus.awaiting_review:
            raise Conflict(
                f"The task is {task.status.value}; it does not wait for a review.",
                code="not_awaiting_review",
                hint=f"Look at it: cairn list, or cairn show {task_id}.",
            )
        before = task.last_seq
        if said:
            task = await cairn.reviews.decide(OWNER, task_id, {"round": task.review_round, **said})
        return await follow(cairn, task, before, as_json=as_json)


async def follow(cairn: Workshop, task: Task, after: int, *, as_json: bool) -> int:
    """Until the task has ended, or waits for someone who is not here to be asked. The exit code."""
    while True:
        task = await bring_on(cairn, task, after, quiet=as_json)
        if task.status is not TaskStatus.awaiting_review:
            return await tell_end(cairn, task, as_json=as_json)
        if as_json or not can_ask():
            await show_waiting(cairn, task, as_json=as_json)
            return 0
        after = task.last_seq
        try:
            task = await ask(cairn, task)
        except Later:
            print(f"It waits. {how_to_decide(task)}")
            return 0
        except KeyboardInterrupt:
            print(f"\ncairn: it still waits for your review. {how_to_decide(task)}", file=sys.stderr)
            return INTERRUPTED


async def tell_end(cairn: Cairn, task: Task, *, as_json: bool) -> int:
    if task.status in (TaskStatus.completed, TaskStatus.completed_with_gaps):
        view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
        if as_json:
            print(outline_as_json(view))
        else:
            print_outline(view.roadmap)
            for note in (await cairn.tasks.intent(OWNER, task.task_id)).personalized_suggestions:
                print(f"Note: {note}")
            if (spent := (await cairn.tasks.view(OWNER, task.task_id)).spent).calls:
                print(f"Made with {cost_said(spent)}")
            address = f"http://127.0.0.1:8000/roadmaps/{task.roadmap_id}"
            print(f"\n{task.status.value}. To read it: cairn serve, then {address}")
        if task.status is TaskStatus.completed_with_gaps:
            print(f"cairn: some pieces failed; make them by `cairn retry {task.task_id}`.", file=sys.stderr)
        return 0
    if task.waiting:
        return await tell_waiting(cairn, task)
    return tell_failure(task)


async def tell_waiting(cairn: Cairn, task: Task) -> int:
    """It waits for a person, who may not be here: it is not done, and nothing of it is lost."""
    assert task.waiting
    spent = (await cairn.tasks.view(OWNER, task.task_id)).spent
    print(f"cairn: the task {task.task_id} waits. {task.waiting.reason}.", file=sys.stderr)
    print(f"       {cost_said(spent)} What is finished is kept.", file=sys.stderr)
    if task.request.max_cost_usd is not None:
        print(f"       Go on by: cairn retry {task.task_id} --max-cost USD", file=sys.stderr)
    else:
        said = f"Once that is put right: cairn cancel {task.task_id}, then cairn retry {task.task_id}"
        print(f"       {said}", file=sys.stderr)
    return 1


def cost_said(spent: Spent) -> str:
    cost = "at a cost that is not known" if spent.usd is None else dollars(spent.usd)
    return f"{spent.calls} calls, {spent.input_tokens + spent.output_tokens:,} tokens, {cost}."


def tell_failure(task: Task) -> int:
    print(f"cairn: the task {task.task_id} is {task.status.value}.", file=sys.stderr)
    if task.error:
        print(f"       {task.error.cause}\n       {task.error.hint}", file=sys.stderr)
    return 1
