"""The databases a benchmark runs on: a SQLite file, and a PostgreSQL of our own that waits for the disk."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.databases import Database, on_server
from tests.postgres import NoPostgres, Postgres

from cairn.store.migrate import upgrade_postgres


@dataclass(frozen=True)
class Kind:
    name: str
    fresh: Callable[[], AbstractContextManager[Database]]
    """Gives an empty database of today's schema."""


def each_kind() -> Iterator[Kind]:
    yield Kind("SQLite", in_folder)
    try:
        server = Postgres(durable=True)
    except NoPostgres as error:
        print(f"PostgreSQL: NOT MEASURED, {error}", flush=True)
        return
    try:
        upgrade_postgres(server.create("migrated"), wait=0)
        yield Kind("PostgreSQL", lambda: in_server(server))
    finally:
        server.close()


@contextmanager
def on_postgres() -> Iterator[Database]:
    """A database on a server of its own that has done nothing else yet."""
    server = Postgres(durable=True)
    try:
        upgrade_postgres(server.create("migrated"), wait=0)
        with in_server(server) as database:
            yield database
    finally:
        server.close()


@contextmanager
def in_folder() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "data")
        database.migrate()
        yield database


@contextmanager
def in_server(server: Postgres) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder, on_server(server, Path(folder) / "data") as database:
        yield database
