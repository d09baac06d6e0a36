"""Writes all there is into one file, as it stood at one moment, while everything goes on (decision 11)."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    String,
    Table,
    Text,
    create_engine,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import AutoString

from cairn import __version__
from cairn.domain.errors import Unusable
from cairn.store.admission import Standing
from cairn.store.backup_file import Columns, Header, writing
from cairn.store.columns import Json, Utc
from cairn.store.migrate import is_newer, session, standing_of, standing_on
from cairn.store.postgres import CONNECT_SECONDS, for_psycopg, shown
from cairn.store.schema import metadata
from cairn.store.sqlite import BUSY_SECONDS
from cairn.store.trouble import lost, out_of_reach

AT_ONCE = 200
"""Rows in memory; one may hold the whole answer of a model."""
OF_THE_SCHEMA = "oldest_program"
"""Comes with the schema and not from a backup."""


def back_up_file(database: Path, to: Path) -> dict[str, int]:
    """Of a SQLite file. How many rows each table has."""
    refuse_newer(standing_of(database), str(database))
    address = f"{database.absolute().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS),
        poolclass=NullPool, isolation_level="AUTOCOMMIT",
    )  # fmt: skip
    # What is read first sets the moment all else is read at; writers go on in the WAL.
    return write_all(engine, "BEGIN", to)


def back_up_server(url: str, to: Path) -> dict[str, int]:
    """Of a PostgreSQL database. How many rows each table has."""
    with session(url) as looking:
        refuse_newer(standing_on(looking, shown(url)), f"The database {shown(url)}")
    engine = create_engine(
        for_psycopg(url), poolclass=NullPool,
        # A restore sees by the name that a backup is being made.
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "cairn backup"},
    )  # fmt: skip
    return write_all(engine, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", to)


def refuse_newer(stands: Standing, which: str) -> None:
    """This program may work on a newer schema, but knows only a part of it."""
    if is_newer(stands):
        raise Unusable(
            f"{which} is of a newer schema ({stands.schema}) than this Cairn ({__version__}) knows whole.",
            hint="Back up and restore by the newest Cairn that works on it; nothing is changed.",
        )


def write_all(engine: Engine, begin: str, to: Path) -> dict[str, int]:
    try:
        with engine.connect() as connection, writing(to) as file:
            connection.exec_driver_sql(begin)
            schema = connection.exec_driver_sql("SELECT max(version_num) FROM alembic_version").scalar_one()
            file.begin(Header(__version__, schema, datetime.now(UTC).isoformat(timespec="seconds")))
            for table in kept_tables():
                file.begin_table(columns_of(table))
                for row in rows_of(connection, table):
                    file.add(row)
            return file.end()
    except DBAPIError as error:
        if lost(error):
            raise out_of_reach(error) from error
        raise Unusable(f"The database cannot be read whole ({error.orig}).") from error
    finally:
        engine.dispose()


def kept_tables() -> list[Table]:
    """Checkpoints are not among them: they hold a position, never a product."""
    return [table for table in metadata.sorted_tables if table.name != OF_THE_SCHEMA]


def columns_of(table: Table) -> Columns:
    return Columns(str(table.name), [(str(column.name), kind_of(column)) for column in table.columns])


def kind_of(column: Column[Any]) -> str:
    match column.type:
        case Utc():
            return "time"
        case Boolean():
            return "boolean"
        case Integer():
            return "integer"
        case Float():
            return "real"
        case Json() | AutoString() | String():
            return "text"
        case other:
            raise TypeError(f"{column} is of a type that no backup holds: {other!r}")


def rows_of(connection: Connection, table: Table) -> Iterator[list[Any]]:
    """As they are stored: JSON as its text, times in UTC."""
    columns = [type_coerce(c, Text) if isinstance(c.type, Json) else c for c in table.columns]
    found = connection.execute(select(*columns), execution_options={"yield_per": AT_ONCE})
    for row in found:
        yield [value.isoformat() if isinstance(value, datetime) else value for value in row]
