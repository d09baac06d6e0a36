"""Sees that there is a database of today's schema to open, before anything is built on it."""

import tempfile
import time

import structlog
from filelock import FileLock, Timeout

from cairn.domain.errors import Unusable
from cairn.settings import Settings
from cairn.store.migrate import (
    check_checkpoints,
    check_postgres,
    needs_upgrade,
    upgrade_postgres,
    upgrade_sqlite,
)
from cairn.store.sharing import check_shared

MIGRATION_WAIT = 30
DATABASE_PAUSE = 0.5

log = structlog.get_logger()


def prepare_patiently(settings: Settings, *, work: bool) -> None:
    """As `prepare`, for what runs for long: it may be started before its database is."""
    gives_up = time.monotonic() + settings.database_wait
    told = False
    while True:
        try:
            prepare(settings, work=work)
            break
        except Unusable as error:
            if error.code != "database_unreachable" or time.monotonic() >= gives_up:
                raise
            if not told:
                log.warning("database_waited_for", cause=error.detail, seconds=settings.database_wait)
            told = True
        time.sleep(DATABASE_PAUSE)
    if settings.postgres:
        check_shared(settings.postgres, settings.shared_key)


def prepare(settings: Settings, *, work: bool = False) -> None:
    """See that there is a database of today's schema to open, `work`: also for running tasks. A file of one's
    own is upgraded in passing; a server is shared, so its upgrade is asked for by a command."""
    if not settings.postgres:
        prepare_folder(settings)
        return
    check_postgres(settings.postgres)
    if work:
        check_checkpoints(settings.postgres)


def upgrade(settings: Settings) -> None:
    if settings.postgres:
        upgrade_postgres(settings.postgres, MIGRATION_WAIT)
    else:
        prepare_folder(settings)


def make_folder(settings: Settings) -> None:
    """Raises `Unusable` unless it is there then and can be written."""
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise Unusable(
            f"{settings.data_dir} is a file, not a folder.", hint="Set CAIRN_DATA_DIR to a folder of yours."
        )
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        # A file without a name, as a second program may be trying the same folder at this moment.
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        raise Unusable(
            f"The data folder {settings.data_dir} cannot be written ({error.strerror}).",
            hint="Set CAIRN_DATA_DIR to a folder of yours.",
        ) from error


def prepare_folder(settings: Settings) -> None:
    """Make the data folder and bring its database to today's schema, under the folder's lock."""
    make_folder(settings)
    database = settings.database
    if not needs_upgrade(database):
        return
    try:
        with FileLock(f"{database}.lock", timeout=MIGRATION_WAIT):
            upgrade_sqlite(database)
    except Timeout as error:
        raise Unusable(
            f"{database} needs an upgrade, but another process holds the folder.",
            hint="Stop the other cairn (an older version may still be serving), then start again.",
        ) from error
