"""Brings a task on as far as it goes without a person: bars on a terminal, plain lines in a pipe."""

import asyncio
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cairn.bootstrap import Cairn, Workshop
from cairn.domain.task import StoredEvent, Task, TaskStatus
from cairn.terminal.opened import OWNER
from cairn.worker.worker import Worker

STEPS = {
    "intent_analysis": "Understanding the goal",
    "curriculum_design": "Designing the curriculum",
    "structure_validation": "Checking the structure",
    "roadmap_edit": "Changing the outline",
    "publish": "Publishing the outline",
}


async def bring_on(cairn: Workshop, task: Task, after: int, *, quiet: bool) -> Task:
    """Work on the task ourselves if the folder is free, else watch who does, until it has ended or waits for
    a review. Nobody holds the folder while a person thinks."""
    if task.status is TaskStatus.awaiting_review:
        return task
    worker = Worker(cairn.settings, cairn.claims, cairn.runner, cairn.nudge, only=task.task_id)
    async with worker.at_work():
        try:
            await show_progress(cairn, task, after, quiet=quiet)
        except asyncio.CancelledError:
            ours = worker.ready.is_set()
            told = f"go on by: cairn retry {task.task_id}" if ours else "the running cairn goes on with it"
            print(f"\ncairn: {told}", file=sys.stderr)
            raise
    return await cairn.tasks.get(OWNER, task.task_id)


async def show_progress(cairn: Cairn, task: Task, after: int, *, quiet: bool) -> None:
    console = Console(stderr=True)
    on_terminal = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not on_terminal, transient=True) as progress:
        bar = progress.add_task("Starting", total=None)
        ready = 0
        if before := (await cairn.tasks.view(OWNER, task.task_id)).before:
            progress.update(bar, description=f"Waiting its turn, {before} before it")
            say(f"Waiting its turn: {before} before it", on_terminal, quiet)
        async for event in cairn.tasks.follow(OWNER, task.task_id, after):
            if event.kind == "task_claimed":
                progress.update(bar, description="Starting")
            elif event.kind == "step_started":
                words = STEPS[event.data["step"]]
                progress.update(bar, description=words)
                say(words, on_terminal, quiet)
            elif event.kind in ("piece_ready", "piece_failed"):
                ready += 1
                if ready == 1:
                    total = await pieces_wanted(cairn, task)
                    progress.update(bar, description="Writing the concepts", total=total)
                    say(f"Writing the concepts: {total} pieces" if total > 1 else "Writing one piece",
                        on_terminal, quiet)  # fmt: skip
                progress.update(bar, completed=ready)
            elif event.kind == "review_wanted" and await still_waits(cairn, task, event):
                return
            elif event.kind == "task_waits":
                say(f"Waiting: {event.data['reason']}", on_terminal, quiet)
                if event.data["until"] is None and (await cairn.tasks.get(OWNER, task.task_id)).waiting:
                    return


async def pieces_wanted(cairn: Cairn, task: Task) -> int:
    """A run for one piece makes that one."""
    return 1 if task.aim else (await cairn.tasks.view(OWNER, task.task_id)).pieces.total


async def still_waits(cairn: Cairn, task: Task, event: StoredEvent) -> bool:
    """Whether the review an event tells of is open; a course followed from its start tells of old ones."""
    now = await cairn.tasks.get(OWNER, task.task_id)
    return now.status is TaskStatus.awaiting_review and now.review_round == event.data["round"]


def say(words: str, on_terminal: bool, quiet: bool) -> None:
    if not on_terminal and not quiet:
        print(words, file=sys.stderr, flush=True)
