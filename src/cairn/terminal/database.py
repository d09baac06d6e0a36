"""Upgrades, backs up and restores the database."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from cairn.bootstrap import make_folder, prepare, upgrade
from cairn.domain.errors import BadInput, NotFound, Unusable
from cairn.settings import Settings, read_settings
from cairn.store.backup import back_up_file, back_up_server
from cairn.store.backup_file import check, refuse_existing
from cairn.store.migrate import is_newer, session, standing_of, standing_on
from cairn.store.postgres import shown
from cairn.store.restore import (
    STOP_THEM,
    check_readable,
    check_server_alone,
    check_unused,
    restore_file,
    restore_server,
)
from cairn.terminal.question import ask_line, can_ask


def upgrade_database() -> None:
    settings = read_settings()
    upgrade(settings)
    if settings.postgres:
        with session(settings.postgres) as looking:
            stands = standing_on(looking, shown(settings.postgres))
    else:
        stands = standing_of(settings.database)
    which = "a newer schema, which admits this program" if is_newer(stands) else "today's schema"
    print(f"The database {name_of(settings)} is of {which} ({stands.schema}).")


def back_up(to: Path | None) -> None:
    settings = read_settings()
    to = to or Path(f"cairn-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.jsonl.gz")
    refuse_existing(to)
    if not settings.postgres and not settings.database.exists():  # a backup makes nothing but itself
        raise NotFound(
            f"There is no database {settings.database}.", code="no_database", hint="Is CAIRN_DATA_DIR right?"
        )
    prepare(settings)
    counts = (
        back_up_server(settings.postgres, to) if settings.postgres else back_up_file(settings.database, to)
    )
    print(f"Backed up {said(counts)} of {name_of(settings)} to {to} ({to.stat().st_size:,} bytes).")


def restore(path: Path, *, yes: bool) -> int:
    """The exit code."""
    settings = read_settings()
    if not yes and not can_ask():
        raise BadInput(
            "A restore replaces all there is, and there is no one here to ask.",
            hint="Add --yes to go on without.",
        )
    backup = check(path)
    check_readable(backup)
    with nullcontext() if settings.postgres else alone_in_folder(settings):
        if settings.postgres:
            check_server_alone(settings.postgres)
        else:
            check_unused(settings.database)
        held = f"the backup of {backup.header.made_at} ({said(backup.counts)})"
        if not yes and not confirmed(f"All there is in {name_of(settings)} will be replaced by {held}."):
            print("Nothing is changed.")
            return 1
        if settings.postgres:
            restore_server(backup, settings.postgres)
        else:
            restore_file(backup, settings.database, settings.checkpoints)
    print(f"The database {name_of(settings)} is {held} now. What was being made goes on at the next start.")
    return 0


@contextmanager
def alone_in_folder(settings: Settings) -> Generator[None]:
    """Holds what a process that runs tasks and one that serves hold. Raises `Unusable` where one is there."""
    make_folder(settings)
    locks = [FileLock(f"{settings.database}{end}", timeout=0) for end in (".lock", ".serve.lock")]
    try:
        with locks[0], locks[1]:
            yield
    except Timeout as error:
        raise Unusable(f"A cairn is at work in {settings.data_dir}.", hint=STOP_THEM) from error


def confirmed(question: str) -> bool:
    print(question)
    return (ask_line("Go on? [y/N] ") or "").lower() in ("y", "yes")


def name_of(settings: Settings) -> str:
    return shown(settings.postgres) if settings.postgres else str(settings.database)


def said(counts: dict[str, int]) -> str:
    courses = counts.get("roadmap_tasks", 0)
    return f"{courses} course{'' if courses == 1 else 's'}, {sum(counts.values()):,} rows"
