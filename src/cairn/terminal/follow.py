"""Makes a course from a terminal and follows it: bars for people, plain lines in a pipe."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.task import ACTIVE, Task, TaskStatus
from cairn.logs import set_up_logs
from cairn.settings import read_settings
from cairn.terminal.outline import outline_as_json, print_outline
from cairn.worker.worker import Worker

OWNER = "local"
STEPS = {
    "intent_analysis": "Understanding the goal",
    "curriculum_design": "Designing the curriculum",
    "structure_validation": "Checking the structure",
    "publish": "Publishing the outline",
}


async def learn(asked: Mapping[str, Any], *, as_json: bool) -> int:
    async with opened() as cairn:
        task = await cairn.tasks.ask(OWNER, asked)
        return await follow(cairn, task, 0, as_json=as_json)


async def retry(task_id: str, changes: Mapping[str, Any], *, as_json: bool) -> int:
    async with opened() as cairn:
        before = await cairn.tasks.get(OWNER, task_id)
        if before.status in ACTIVE and not changes:  # interrupted before, or made by another process
            return await follow(cairn, before, 0, as_json=as_json)
        task = await cairn.moves.retry(OWNER, task_id, changes)
        return await follow(cairn, task, before.last_seq, as_json=as_json)


@contextlib.asynccontextmanager
async def opened() -> AsyncGenerator[Cairn]:
    settings = read_settings()
    set_up_logs(settings.log_format, quiet=True)
    async with open_cairn(settings) as cairn:
        yield cairn


async def follow(cairn: Cairn, task: Task, after: int, *, as_json: bool) -> int:
    """Work on the task ourselves if the folder is free, else watch who does. The exit code."""
    worker = Worker(cairn.settings, cairn.claims, cairn.runner, cairn.nudge, only=task.task_id)
    async with worker.at_work():
        try:
            await show_progress(cairn, task, after, quiet=as_json)
        except asyncio.CancelledError:
            ours = worker.ready.is_set()
            told = f"go on by: cairn retry {task.task_id}" if ours else "the running cairn goes on with it"
            print(f"\ncairn: {told}", file=sys.stderr)
            raise
    ended = await cairn.tasks.get(OWNER, task.task_id)
    return await tell_end(cairn, ended, as_json=as_json)


async def show_progress(cairn: Cairn, task: Task, after: int, *, quiet: bool) -> None:
    console = Console(stderr=True)
    on_terminal = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not on_terminal, transient=True) as progress:
        bar = progress.add_task("Starting", total=None)
        ready = 0
        async for event in cairn.tasks.follow(OWNER, task.task_id, after):
            if event.kind == "step_started":
                words = STEPS[event.data["step"]]
                progress.update(bar, description=words)
                say(words, on_terminal, quiet)
            elif event.kind in ("piece_ready", "piece_failed"):
                ready += 1
                if ready == 1:
                    total = (await cairn.tasks.view(OWNER, task.task_id)).pieces.total
                    progress.update(bar, description="Writing the concepts", total=total)
                    say(f"Writing the concepts: {total} pieces", on_terminal, quiet)
                progress.update(bar, completed=ready)


def say(words: str, on_terminal: bool, quiet: bool) -> None:
    if not on_terminal and not quiet:
        print(words, file=sys.stderr, flush=True)


async def tell_end(cairn: Cairn, task: Task, *, as_json: bool) -> int:
    if task.status in (TaskStatus.completed, TaskStatus.completed_with_gaps):
        view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
        if as_json:
            print(outline_as_json(view))
        else:
            print_outline(view)
            for note in (await cairn.tasks.intent(OWNER, task.task_id)).personalized_suggestions:
                print(f"Note: {note}")
            address = f"http://127.0.0.1:8000/roadmaps/{task.roadmap_id}"
            print(f"\n{task.status.value}. To read it: cairn serve, then {address}")
        if task.status is TaskStatus.completed_with_gaps:
            print(f"cairn: some pieces failed; make them by `cairn retry {task.task_id}`.", file=sys.stderr)
        return 0
    print(f"cairn: the task {task.task_id} is {task.status.value}.", file=sys.stderr)
    if task.error:
        print(f"       {task.error.cause}\n       {task.error.hint}", file=sys.stderr)
    return 1
