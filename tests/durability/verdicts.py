"""What must hold of a task after a process died and another went on: compared with the undisturbed run."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cairn.bootstrap import open_cairn
from cairn.domain.thought import PIECES
from cairn.store import history
from cairn.store.calls import ANSWERED
from cairn.store.schema import metadata
from cairn.usecases.history import broken_promises
from tests.durability.actor import OWNER, Author
from tests.durability.grounds import Ground

NOT_CONTENT = ("epoch", "rev", "created_at", "updated_at", "fingerprint")


@dataclass(frozen=True)
class Outcome:
    """`contents`: all products, times, epochs and revs aside."""

    contents: dict[str, Any]
    status: str
    run: int
    broken: list[str]
    answered: dict[str, list[str]]
    """The states of the requests of each call, in the order they were sent."""


def outcome_on(ground: Ground) -> Outcome:
    return asyncio.run(look(ground))


async def look(ground: Ground) -> Outcome:
    async with open_cairn(ground.settings, Author(ground.folder)) as cairn:
        views = await cairn.tasks.list(OWNER)
        if len(views) != 1:
            return Outcome({}, f"{len(views)} tasks", 0, ["not one task"], {})
        task = views[0].task
        async with cairn.tasks.store.reading() as connection:
            found = await history.of_task(connection, task.task_id)
        assert found is not None
        contents: dict[str, Any] = {
            table: [content(row, task.task_id, task.roadmap_id) for row in rows]
            for table, rows in found.products.items()
        }
        for piece in PIECES:
            contents[piece.table] = [
                content(row, task.task_id, task.roadmap_id) for row in found.pieces[piece]
            ]
        contents["piece_versions"] = [content(row, task.task_id, task.roadmap_id) for row in found.versions]
        states: dict[str, list[str]] = {}
        for call in found.calls:
            states.setdefault(call["key"].replace(task.task_id, "T"), []).append(call["state"])
        broken = await broken_promises(cairn.tasks.store, task.task_id)
        return Outcome(contents, task.status.value, task.run, broken, states)


def content(row: Any, task_id: str, roadmap_id: str) -> str:
    """Everything of a row but when, under which claim and how often it was written."""
    kept = {name: value for name, value in row.items() if name not in NOT_CONTENT}
    return str(kept).replace(task_id, "T").replace(roadmap_id, "R")


def faults(undisturbed: Outcome, found: Outcome, ground: Ground) -> list[str]:
    said = list(found.broken)
    if (found.status, found.run) != (undisturbed.status, undisturbed.run):
        said.append(f"ended {found.status} in run {found.run}, not {undisturbed.status} in {undisturbed.run}")
    for table, rows in undisturbed.contents.items():
        if found.contents.get(table) != rows:
            said.append(f"{table} differs from the undisturbed run")
    said += paid_again(found, ground)
    answered = {key for key, states in undisturbed.answered.items() if ANSWERED in states}
    if answered != {key for key, states in found.answered.items() if ANSWERED in states}:
        said.append("other calls were answered than in the undisturbed run")
    return said


def paid_again(found: Outcome, ground: Ground) -> list[str]:
    """By the author's own log: a call is made once, and once more only where the process died in it."""
    log = ground.folder / "calls.log"
    lines = log.read_text().splitlines() if log.exists() else []
    started = Counter(key_of(line) for line in lines if line.startswith("start "))
    said: list[str] = []
    for key, times in started.items():
        states = found.answered.get(key, [])
        unanswered = len([state for state in states if state != ANSWERED])
        if times > len(states):
            said.append(f"{key} was called {times} times, {len(states)} requests are on record")
        if times > 1 + unanswered:
            said.append(f"{key} was called {times} times although it was answered")
    return said


def key_of(line: str) -> str:
    return f"T/{line.partition('/')[2]}"


def said_in(ground: Ground, actor: str, event: str) -> int:
    """How many lines of an actor's log tell of `event`."""
    log = ground.folder / f"{actor}.log"
    return log.read_text().count(f'"event":"{event}"') if log.exists() else 0


def all_rows(ground: Ground) -> dict[str, list[str]]:
    """Every row of every table of ours, as it stands."""
    return {name: sorted(map(str, ground.rows(f"SELECT * FROM {name}"))) for name in metadata.tables}
