"""Old and new programs work side by side: no migration takes away or changes what an older program uses,
unless it raises the oldest that is admitted. Seen in the schema before and after each, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from cairn.store import chain
from cairn.store.chain import revisions, run_upgrade
from cairn.store.migrate import in_one_transaction
from cairn.store.postgres import for_psycopg
from tests.newer import SCHEMA, chain_of_tomorrow
from tests.postgres import Postgres

Schema = dict[str, dict[str, Any]]


@contextmanager
def empty_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Connection]:
    if kind == "sqlite":
        with in_one_transaction(folder / "empty.db") as connection:
            yield connection
        return
    server: Postgres = request.getfixturevalue("postgres")
    engine = create_engine(for_psycopg(server.create("additive")), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    server.drop("additive")


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    with empty_database(request.param, request, tmp_path) as made:
        yield made


def schema_of(connection: Connection) -> Schema:
    """Tables, columns, what must be given and what must be unique."""
    seen = inspect(connection)
    found: Schema = {}
    for name in seen.get_table_names():
        columns = {one["name"]: one for one in seen.get_columns(name)}
        uniques = [tuple(one["column_names"]) for one in seen.get_unique_constraints(name)]
        uniques += [tuple(one["column_names"]) for one in seen.get_indexes(name) if one["unique"]]
        found[name] = {
            "columns": {
                column: (str(one["type"]), one["nullable"], one["default"]) for column, one in columns.items()
            },
            "rules": {("primary", *seen.get_pk_constraint(name)["constrained_columns"])}
            | {("unique", *unique) for unique in uniques}
            | {("foreign", *one["constrained_columns"]) for one in seen.get_foreign_keys(name)}
            | {("check", one["sqltext"]) for one in seen.get_check_constraints(name)},
        }
    return found


def takes_away(before: Schema, after: Schema) -> list[str]:
    """What a program of before would miss, or could not satisfy."""
    said: list[str] = []
    for table, was in before.items():
        if table not in after:
            said.append(f"the table {table} is gone")
            continue
        now = after[table]
        for column, (kind, nullable, default) in was["columns"].items():
            if column not in now["columns"]:
                said.append(f"{table}.{column} is gone")
                continue
            new_kind, new_nullable, new_default = now["columns"][column]
            if new_kind != kind:
                said.append(f"{table}.{column} was {kind}, is {new_kind}")
            if (nullable and not new_nullable) or (default is not None and new_default is None):
                said.append(f"{table}.{column} must be given now")
        for column in now["columns"].keys() - was["columns"].keys():
            _, nullable, default = now["columns"][column]
            if not nullable and default is None:
                said.append(f"{table}.{column} is new and must be given")
        said += [f"{table} has a new rule: {' '.join(rule)}" for rule in now["rules"] - was["rules"]]
        said += [f"{table} lost a rule: {' '.join(rule)}" for rule in was["rules"] - now["rules"]]
    return said


def oldest(connection: Connection) -> str | None:
    if "oldest_program" not in inspect(connection).get_table_names():
        return None
    return connection.execute(text("SELECT version FROM oldest_program")).scalar_one()


def faults(connection: Connection, schemas: list[str]) -> dict[str, list[str]]:
    """Of each migration that does not raise the oldest program."""
    found: dict[str, list[str]] = {}
    before, admitted = schema_of(connection), oldest(connection)
    for schema in schemas:
        run_upgrade(connection, schema)
        after, admits = schema_of(connection), oldest(connection)
        if admits == admitted or admitted is None:
            found[schema] = takes_away(before, after)
        before, admitted = after, admits
    return {schema: said for schema, said in found.items() if said}


def test_migrations_are_additive_or_raise_the_oldest_program(connection: Connection) -> None:
    assert faults(connection, revisions()) == {}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ('op.drop_table("shelves_of_old")', ["the table shelves_of_old is gone"]),
        ('op.drop_column("roadmaps", "report")', ["roadmaps.report is gone"]),
        (
            'op.alter_column("roadmaps", "report", new_column_name="told")',
            ["roadmaps.report is gone"],
        ),
        (
            'op.add_column("roadmaps", sa.Column("stars", sa.Integer(), nullable=False))',
            ["roadmaps.stars is new and must be given"],
        ),
        (
            'op.alter_column("task_events", "epoch", type_=sa.String())',
            ["task_events.epoch was INTEGER, is VARCHAR"],
        ),
        (
            'op.alter_column("task_events", "write_id", nullable=False)',
            ["task_events.write_id must be given now"],
        ),
        (
            'op.create_index("ix_once", "progress", ["state"], unique=True)',
            ["progress has a new rule: unique state"],
        ),
        ('op.create_table("more", sa.Column("name", sa.String(), nullable=False))', []),
        ('op.add_column("roadmaps", sa.Column("stars", sa.Integer(), nullable=True))', []),
    ],
)
@pytest.mark.parametrize("raises", [False, True])
def test_what_an_older_program_would_miss_is_found(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, said: list[str],
    raises: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(chain, "MIGRATIONS", chain_of_tomorrow(tmp_path, raises=raises))
    [tomorrow] = (chain.MIGRATIONS / "versions").glob(f"{SCHEMA}_*.py")
    body = tomorrow.read_text()
    start, end = body.index("    op.create_table("), body.index("\n", body.index('"stars"'))
    tomorrow.write_text(f"{body[:start]}    {statement}{body[end:]}")
    name = postgres.create("tomorrow")
    engine = create_engine(for_psycopg(name), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            run_upgrade(connection, revisions()[-2])
            connection.execute(text("CREATE TABLE shelves_of_old (name TEXT)"))
            assert faults(connection, [SCHEMA]).get(SCHEMA, []) == ([] if raises else said)
    finally:
        postgres.drop("tomorrow")
