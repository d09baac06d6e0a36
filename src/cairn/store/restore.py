"""Puts a backup in the place of all there is: one transaction on either database, after the whole file was
read.

No process may live meanwhile. Should one have been overlooked, it writes nothing: every claim of what was,
and of what came after the backup, is of an epoch far below those that come.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, func, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cairn.domain.errors import Unusable
from cairn.store.backup import kept_tables, refuse_newer
from cairn.store.backup_file import Backup, newer
from cairn.store.base import table_of
from cairn.store.chain import revisions, run_downgrade, run_upgrade
from cairn.store.loading import load
from cairn.store.migrate import (
    alone_changing,
    in_one_transaction,
    session,
    set_up_checkpoints,
    standing_of,
    standing_on,
)
from cairn.store.postgres import CONNECT_SECONDS, for_psycopg, shown
from cairn.store.tables import RoadmapTask
from cairn.store.trouble import locked, lost, out_of_reach

CHECKPOINTS = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
FAR = 1_000_000
LARGEST = 2**31 - 1
LOCK_SECONDS = 10
STOP_THEM = "Stop every cairn on it (serve, workers, commands), frozen ones too, then try again."
SPOILT = "Nothing is changed. If the present database is spoilt, put it away and restore into a new one."

tasks = table_of(RoadmapTask)


def check_readable(backup: Backup) -> None:
    """Raises `Unusable` for a backup of a schema this program does not know."""
    if backup.header.schema not in revisions():
        raise newer(backup.path, backup.header)


def restore_file(backup: Backup, database: Path, checkpoints: Path) -> None:
    """Into a SQLite file, which need not be there. The folder's locks are the caller's."""
    check_readable(backup)
    refuse_newer(standing_of(database), str(database))
    check_unused(database)
    with told_apart(), in_one_transaction(database) as connection:
        replace_all(connection, backup)
        # Before the commit: positions that are lost cost a walk, positions of another history would mislead.
        for part in ("", "-wal", "-shm"):
            checkpoints.with_name(f"{checkpoints.name}{part}").unlink(missing_ok=True)


def check_unused(database: Path) -> None:
    """Raises `Unusable` while another process, a frozen one too, has the file open and has read in it: only
    who is alone can leave the WAL."""
    if not database.exists():
        return
    connection = sqlite3.connect(database, timeout=1)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname == "SQLITE_BUSY":
            raise Unusable(f"Another process has {database} open.", hint=STOP_THEM) from error
        raise Unusable(f"{database} cannot be changed ({error}).", hint=SPOILT) from error
    finally:
        connection.close()


def restore_server(backup: Backup, url: str) -> None:
    """Into a PostgreSQL database, which may be empty."""
    check_readable(backup)
    with alone_changing(url, wait=0) as guard:
        refuse_newer(standing_on(guard, shown(url)), f"The database {shown(url)}")
        check_alone(guard, url)
        engine = create_engine(
            for_psycopg(url), poolclass=NullPool,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "cairn restore"},
        )  # fmt: skip
        with told_apart(), engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            replace_all(connection, backup)
        engine.dispose()
        set_up_checkpoints(guard)


def check_server_alone(url: str) -> None:
    with session(url) as looking:
        check_alone(looking, url)


def check_alone(guard: Any, url: str) -> None:
    """Raises `Unusable` while a process of ours has a session, as a frozen one still has."""
    found = guard.execute(
        "SELECT application_name AS name, pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'cairn %' AND pid <> pg_backend_pid() ORDER BY pid"
    ).fetchall()
    if not found:
        return
    sessions = ", ".join(f"{row['name']} ({row['pid']})" for row in found[:8])
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    raise Unusable(
        f"Processes of Cairn are connected to {shown(url)}: {sessions}{more}.",
        hint=f"{STOP_THEM} A session nobody is behind any more ends by `SELECT pg_terminate_backend(PID)`.",
    )


@contextmanager
def told_apart() -> Generator[None]:
    """What went wrong in the transaction, in a sentence; all is as it was."""
    try:
        yield
    except DBAPIError as error:
        if lost(error) or locked(error):
            raise out_of_reach(error) from error
        raise Unusable(
            f"The backup could not be restored ({str(error.orig).strip()}).",
            hint=SPOILT,
        ) from error


def replace_all(connection: Connection, backup: Backup) -> None:
    there = set(inspect(connection).get_table_names())
    ours = [kept for kept in kept_tables() if kept.name in there]
    on_server = connection.dialect.name == "postgresql"
    emptied = ", ".join([*(kept.name for kept in ours), *(name for name in CHECKPOINTS if name in there)])
    if on_server and emptied:
        connection.exec_driver_sql(f"LOCK TABLE {emptied} IN ACCESS EXCLUSIVE MODE")
    highest = highest_epoch(connection) if ours else 0
    if on_server and emptied:
        connection.exec_driver_sql(f"TRUNCATE {emptied}")
    else:
        for kept in ours:
            connection.execute(kept.delete())
    go_to(connection, backup.header.schema, there)
    load(connection, backup)
    run_upgrade(connection)
    begin_era(connection, backup, max(highest, highest_epoch(connection)))


def highest_epoch(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.max(tasks.c.epoch), 0))).scalar_one()


def go_to(connection: Connection, schema: str, there: set[str]) -> None:
    """Bring the emptied tables to the schema of the backup, from whichever side."""
    stands = None
    if "alembic_version" in there:
        stands = connection.exec_driver_sql("SELECT max(version_num) FROM alembic_version").scalar_one()
    if stands and stands > schema:
        run_downgrade(connection, schema)
    else:
        run_upgrade(connection, schema)


def begin_era(connection: Connection, backup: Backup, highest: int) -> None:
    """No claim of before holds, and what ran is claimed by the next process at once: it was not lost by a
    fault of its own."""
    epoch = era_above(highest, datetime.now(UTC))
    if epoch > LARGEST - FAR:
        raise Unusable(
            f"{backup.path} counts claims beyond what a database holds.", hint="Nothing is changed."
        )
    connection.execute(update(tasks).values(epoch=epoch, lease_owner=None, lease_expires_at=None, attempts=0))


def era_above(highest: int, now: datetime) -> int:
    """The epoch of all tasks after a restore: the second it is made in. So it is above those of a history
    that is not here to be asked (its disk is gone, the backup older), as no task is claimed once a second all
    its life. Where that clock is behind, far above what is here."""
    seconds = int((now - BEGINNING).total_seconds())
    return seconds if seconds > highest else highest + FAR
