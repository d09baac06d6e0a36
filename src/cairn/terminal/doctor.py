"""Looks at what Cairn needs here and says what is right, what is not, and how to mend it. Changes nothing."""

import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from filelock import FileLock, Timeout

from cairn import __version__
from cairn.authors.library.shelf import Shelf
from cairn.authors.model.names import address_of, check_name
from cairn.domain.errors import CairnError, NotFound
from cairn.settings import Settings, read_settings
from cairn.store.connections import WORKER, room_of
from cairn.store.migrate import check_checkpoints, check_postgres, needs_upgrade
from cairn.terminal.opened import opened
from cairn.usecases.history import broken_promises

ROOM_MB = 200
"""Free disk space below which a course or two may no longer fit beside its journal."""


@dataclass(frozen=True)
class Finding:
    name: str
    said: str
    right: bool = True


def doctor() -> int:
    """0 where all is right, else 1."""
    findings = list(examine(read_settings()))
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{'ok  ' if finding.right else 'BAD '} {finding.name:<{width}}  {finding.said}")
    return 0 if all(finding.right for finding in findings) else 1


def examine(settings: Settings) -> Iterator[Finding]:
    yield Finding("program", f"cairn {__version__}, Python {platform.python_version()}")
    looks: dict[str, Callable[[Settings], str]] = {
        "database": look_at_postgres, "connections": look_at_connections,
    }  # fmt: skip
    if not settings.postgres:
        yield Finding("sqlite", sqlite3.sqlite_version)
        looks = {"data folder": look_at_folder, "database": look_at_database, "worker": look_at_lock}
    looks["author"] = look_at_author
    for name, look in looks.items():
        try:
            yield Finding(name, look(settings))
        except CairnError as error:
            yield Finding(name, f"{error.detail} {error.hint}".strip(), right=False)


def look_at_folder(settings: Settings) -> str:
    """The nearest folder that is there must be writable and have room."""
    folder = settings.data_dir
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise CairnError(f"{there} cannot be written.", hint="Set CAIRN_DATA_DIR to a folder of yours.")
    free = shutil.disk_usage(there).free // 2**20
    if free < ROOM_MB:
        raise CairnError(f"{folder} has {free} MB left.", hint=f"Make room: {ROOM_MB} MB at least.")
    return f"{folder}{'' if there == folder else ' (made at the first start)'}, {free} MB free"


def look_at_database(settings: Settings) -> str:
    database = settings.database
    behind = needs_upgrade(database)
    if not database.exists():
        return "not made yet; the first start makes it"
    return "behind; the next start upgrades it by itself" if behind else "of today's schema"


def look_at_postgres(settings: Settings) -> str:
    assert settings.postgres
    said = check_postgres(settings.postgres)
    check_checkpoints(settings.postgres)
    return said


def look_at_connections(settings: Settings) -> str:
    """What runs now may still grow to all it may hold: only what is left then is room."""
    assert settings.postgres
    found = room_of(settings.postgres)
    said = (
        f"{found.limit} for programs, {found.used} in use, {found.ours} of them by Cairn (processes: "
        f"{found.at_work} running tasks, {found.beside} others), which may grow to {found.grown}"
    )
    more = found.more(WORKER)
    if not more:
        raise CairnError(
            f"{said}; another worker takes up to {WORKER} and would not fit.",
            hint="Raise max_connections of the server (or the limit of this role or database), or run fewer "
            "processes.",
        )
    return f"{said}; {more} more worker{'s' if more > 1 else ''} fit{'' if more > 1 else 's'} ({WORKER} each)"


def look_at_lock(settings: Settings) -> str:
    lock = f"{settings.database}.lock"
    idle = "no process runs tasks now"
    if not os.path.exists(lock):
        return idle
    try:
        with FileLock(lock, timeout=0):
            return idle
    except Timeout:
        return "a process runs tasks (cairn serve, or a learn at work)"


def look_at_author(settings: Settings) -> str:
    courses = Shelf()
    titles = [courses.course(head.id).title for head in courses.heads]
    for name in (settings.model, *settings.other_models.values()):
        if ":" in name:
            check_name(name)
    if settings.model == "library":
        return f"the built-in library: {', '.join(titles) or 'no course'}"
    if settings.model == "simulated":
        return f"{settings.model}: a stand-in that teaches nothing"
    return f"{settings.model} at {address_of(settings.model)}; `cairn doctor --model` tries it"


async def check_task(task_id: str) -> int:
    """Whether all that was promised of a task holds in what is stored of it. 0 where it does, else 1."""
    settings = read_settings()
    if not settings.postgres and not settings.database.exists():  # looking makes nothing
        raise NotFound(f"There is no task {task_id}.", code="task_not_found")
    async with opened() as cairn:
        broken = await broken_promises(cairn.tasks.store, task_id)
    for said in broken:
        print(f"BAD  {said}")
    if not broken:
        print(f"ok   every promise of {task_id} holds")
    return 1 if broken else 0
