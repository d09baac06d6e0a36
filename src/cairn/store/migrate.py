"""Brings a database to today's schema; refuses, untouched, what is not ours or does not admit us."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cairn.domain.errors import Unusable
from cairn.store.admission import Standing, check_admitted
from cairn.store.chain import revisions, run_upgrade
from cairn.store.postgres import CONNECT_SECONDS, LOCK_SECONDS, for_libpq, for_psycopg, shown
from cairn.store.schema import metadata
from cairn.store.trouble import locked

if TYPE_CHECKING:
    from psycopg import Connection as Session
    from psycopg.rows import DictRow

HINT = "Give another folder by CAIRN_DATA_DIR, or move the file away; Cairn has not changed it."
OTHER_DATABASE = "Name another one by CAIRN_DATABASE_URL; Cairn has not changed it."
UPGRADING = 0xCA124
"""The advisory lock held while a PostgreSQL database is upgraded or restored."""


def is_behind(stands: Standing, which: str, hint: str) -> bool:
    """Raises `Unusable` for a schema that is not in our chain, a newer one, unless it admits this program."""
    if is_newer(stands):
        check_admitted(stands, which, hint)
        return False
    return stands.schema != revisions()[-1]


def is_newer(stands: Standing) -> bool:
    return stands.schema is not None and stands.schema not in revisions()


def needs_upgrade(path: Path) -> bool:
    """Whether the file is behind. Raises `Unusable` where it is no database of ours, or a newer one that does
    not admit this program."""
    return is_behind(standing_of(path), str(path), HINT)


def upgrade_sqlite(path: Path) -> None:
    """Apply what is missing, in one transaction."""
    if not needs_upgrade(path):
        return
    with in_one_transaction(path) as connection:
        run_upgrade(connection)


@contextmanager
def in_one_transaction(path: Path) -> Generator[Connection]:
    """Committed at the end, schema and all; rolled back by an error."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    # The driver's own transactions leave DDL outside; one explicit transaction holds a whole upgrade.
    event.listen(engine, "connect", begin_by_hand)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # a batch copy must not cascade
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def begin_by_hand(connection: Any, _: object) -> None:
    connection.isolation_level = None


def standing_of(path: Path) -> Standing:
    """Where a file stands; nowhere, if it is not yet there or empty. Reads only."""
    if not path.exists() or path.stat().st_size == 0:
        return Standing()
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            tables = {
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            }
            if not tables:
                return Standing()
            if "alembic_version" not in tables:
                raise Unusable(f"{path} is a database of another program.", hint=HINT)
            [schema] = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
            named = "oldest_program" in tables
            oldest = connection.execute("SELECT version FROM oldest_program").fetchone() if named else None
            return Standing(schema, oldest[0] if oldest else None)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise Unusable(f"{path} is not a usable SQLite database ({error}).", hint=HINT) from error


def check_postgres(url: str) -> str:
    """The server's version and which schema it is of. Raises `Unusable` unless we may work on it."""
    with session(url) as connection:
        version = str(connection.info.parameter_status("server_version"))
        stands = standing_on(connection, shown(url))
        if is_behind(stands, f"The database {shown(url)}", OTHER_DATABASE):
            raise older(url)
    schema = "a newer schema that admits this program" if is_newer(stands) else "today's schema"
    return f"PostgreSQL {version.split()[0]}, {shown(url)}, of {schema}"


def check_checkpoints(url: str) -> None:
    """Raises `Unusable` unless LangGraph's tables are of its installed version. Apart from the check of ours,
    as who runs no task need not wait for LangGraph to be imported."""
    with session(url) as connection:
        if checkpoints_are_behind(connection):
            raise older(url)


def older(url: str) -> Unusable:
    said = f"The database {shown(url)} is empty or of an older schema."
    return Unusable(said, hint="Run `cairn db upgrade`.")


def upgrade_postgres(url: str, wait: float) -> None:
    """Apply what is missing: our part in one transaction, then LangGraph's. One process at a time."""
    with alone_changing(url, wait) as guard:
        if not ours_are_behind(guard, shown(url)) and not checkpoints_are_behind(guard):
            return
        engine = create_engine(for_psycopg(url), poolclass=NullPool)
        gives_up = time.monotonic() + wait
        while True:
            try:
                with engine.begin() as connection:
                    # Workers go on meanwhile: whoever waits for a table holds up all that come after it.
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                    run_upgrade(connection)
                break
            except DBAPIError as error:
                if not locked(error):
                    raise
                if time.monotonic() > gives_up:
                    raise Unusable(
                        f"Another session holds tables of {shown(url)}, perhaps a backup.",
                        hint="Nothing is changed. Wait for its end, then try again.",
                    ) from error
        engine.dispose()
        set_up_checkpoints(guard)


@contextmanager
def alone_changing(url: str, wait: float) -> Generator["Session[DictRow]"]:
    """A session that holds the lock of who upgrades or restores. Raises `Unusable` where another has it."""
    with session(url) as guard:
        # Asked again and again instead of waited for: a statement that waits would hold up the indexes that
        # LangGraph makes CONCURRENTLY, which wait for every older statement.
        gives_up = time.monotonic() + wait
        while not one(guard, "SELECT pg_try_advisory_lock(%s) AS one", UPGRADING):
            if time.monotonic() > gives_up:
                raise Unusable(
                    f"Another process is upgrading or restoring {shown(url)}.",
                    hint="Wait for its end, then try again.",
                )
            time.sleep(0.1)
        yield guard


def set_up_checkpoints(guard: "Session[DictRow]") -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    PostgresSaver(guard).setup()


def ours_are_behind(connection: "Session[DictRow]", which: str) -> bool:
    return is_behind(standing_on(connection, which), f"The database {which}", OTHER_DATABASE)


def standing_on(connection: "Session[DictRow]", which: str) -> Standing:
    """Where the database of a session stands. Raises `Unusable` where it is another program's."""
    if there(connection, "alembic_version"):
        oldest = None
        if there(connection, "oldest_program"):
            oldest = one(connection, "SELECT version AS one FROM oldest_program")
        return Standing(one(connection, "SELECT max(version_num) AS one FROM alembic_version"), oldest)
    if any(there(connection, table) for table in metadata.tables):
        raise Unusable(f"The database {which} is of another program.", hint=OTHER_DATABASE)
    return Standing()


def checkpoints_are_behind(connection: "Session[DictRow]") -> bool:
    from langgraph.checkpoint.postgres.base import MIGRATIONS as CHECKPOINTS

    if not there(connection, "checkpoint_migrations"):
        return True
    return (one(connection, "SELECT max(v) AS one FROM checkpoint_migrations") or 0) < len(CHECKPOINTS) - 1


def there(connection: "Session[DictRow]", table: str) -> bool:
    return one(connection, "SELECT to_regclass(%s) AS one", table) is not None


def one(connection: "Session[DictRow]", query: Any, *parameters: Any) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row["one"] if row else None


def may_come(said: str) -> bool:
    """Whether it is worth waiting: nobody answers yet, or the server is still starting."""
    return not any(
        words in said for words in ("authentication", "does not exist", "no pg_hba", "not permitted")
    )


@contextmanager
def session(url: str) -> Generator["Session[DictRow]"]:
    """A connection in autocommit. Raises `Unusable`, without the password, where there is none to be had."""
    import psycopg
    from psycopg.rows import DictRow, dict_row

    try:
        connection = psycopg.Connection[DictRow].connect(
            for_libpq(url), autocommit=True, row_factory=dict_row, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.Error as error:
        causes = [line.rpartition("failed: ")[2] for line in str(error).splitlines() if "failed: " in line]
        raise Unusable(
            f"The database {shown(url)} cannot be reached: {(causes or [type(error).__name__])[0].strip()}.",
            code="database_unreachable" if may_come(str(error)) else "database_refuses",
            hint="Is the server running, and is CAIRN_DATABASE_URL right?",
        ) from error
    with connection:
        yield connection
