"""Puts the rows of a backup into tables of its own schema."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any, cast

from sqlalchemy import Boolean, Connection, Float, Integer, Text, column, inspect, table

from cairn.domain.text import storable
from cairn.store.backup import AT_ONCE, kept_tables
from cairn.store.backup_file import Backup, Columns, damaged, read
from cairn.store.columns import Utc

KINDS = {"text": Text, "time": Utc, "integer": Integer, "real": Float, "boolean": Boolean}


def load(connection: Connection, backup: Backup) -> None:
    described = Columns("", ())
    for is_table, run in groupby(read(backup.path), key=lambda part: isinstance(part, Columns)):
        if is_table:
            for described in cast("Iterator[Columns]", run):
                check_columns(connection, backup, described)
            continue
        kinds = described.columns
        target = table(described.table, *(column(name, KINDS[kind]) for name, kind in kinds))
        rows = (fitting(backup, kinds, row) for row in cast("Iterator[list[Any]]", run))
        for batch in batches(rows):
            connection.execute(target.insert(), batch)


def batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def check_columns(connection: Connection, backup: Backup, described: Columns) -> None:
    """The checksum says that the file is as it was written; this, that it was written by us."""
    if described.table in {kept.name for kept in kept_tables()}:
        there = {one["name"] for one in inspect(connection).get_columns(described.table)}
        if there == {name for name, _ in described.columns} and set(dict(described.columns).values()) <= set(
            KINDS
        ):
            return
    raise damaged(backup.path)


def fitting(backup: Backup, kinds: Sequence[tuple[str, str]], row: list[Any]) -> dict[str, Any]:
    try:
        return {name: fit(kind, value) for (name, kind), value in zip(kinds, row, strict=True)}
    except (ValueError, TypeError) as error:
        raise damaged(backup.path) from error


def fit(kind: str, value: Any) -> Any:
    """A zero byte is text for SQLite alone."""
    if value is None:
        return None
    return datetime.fromisoformat(value) if kind == "time" else storable(value) if kind == "text" else value
