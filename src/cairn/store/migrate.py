"""Brings a database file to today's schema; refuses, untouched, what is not ours or is newer."""

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from cairn.domain.errors import Unusable

MIGRATIONS = Path(__file__).parent / "migrations"
HINT = "Give another folder by CAIRN_DATA_DIR, or move the file away; Cairn has not changed it."


def chain() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def needs_upgrade(path: Path) -> bool:
    """Whether the file is behind. Raises `Unusable` where it is no database of ours, or a newer one."""
    scripts = ScriptDirectory.from_config(chain())
    stands_at = revision_of(path)
    if stands_at and stands_at not in {script.revision for script in scripts.walk_revisions()}:
        raise Unusable(
            f"{path} was made by a newer Cairn (schema {stands_at}).", hint=f"Update Cairn. {HINT}"
        )
    return stands_at != scripts.get_current_head()


def upgrade_sqlite(path: Path) -> None:
    """Apply what is missing, in one transaction."""
    if not needs_upgrade(path):
        return
    config = chain()
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    # The driver's own transactions leave DDL outside; one explicit transaction holds a whole upgrade.
    event.listen(engine, "connect", begin_by_hand)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # a batch copy must not cascade
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        run_upgrade(config, connection)
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


def begin_by_hand(connection: Any, _: object) -> None:
    connection.isolation_level = None


def run_upgrade(config: Config, connection: Connection) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision_of(path: Path) -> str | None:
    """The schema a file stands at; None for one not yet there or empty. Reads only."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            tables = {
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            }
            if not tables:
                return None
            if "alembic_version" not in tables:
                raise Unusable(f"{path} is a database of another program.", hint=HINT)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise Unusable(f"{path} is not a usable SQLite database ({error}).", hint=HINT) from error
