"""The databases a test may be given: a SQLite file, or a database on the run's own PostgreSQL. Both fresh."""

import sqlite3
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from cairn.bootstrap import open_engines
from cairn.settings import Settings
from cairn.store.engines import Engines
from cairn.store.migrate import upgrade_sqlite
from cairn.store.postgres import for_libpq
from cairn.store.writer import Writer
from cairn.usecases.store import Store
from tests.postgres import Postgres


@dataclass(frozen=True)
class Database:
    """`folder`: the data folder, which stays unmade where the database is on a server."""

    folder: Path
    url: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For processes."""
        return {"CAIRN_DATA_DIR": str(self.folder), "CAIRN_DATABASE_URL": self.url or ""}

    def settings(self, **values: Any) -> Settings:
        return Settings(data_dir=self.folder, database_url=self.url, **values)  # type: ignore[arg-type]

    def migrate(self) -> None:
        """For a file only: the server's are copies of one that is migrated."""
        if self.url is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            upgrade_sqlite(self.settings().database)

    @property
    def name(self) -> str:
        """On the server."""
        assert self.url
        return make_url(self.url).database or ""

    @asynccontextmanager
    async def store(self) -> AsyncGenerator[Store]:
        async with self.writers(1) as (engines, [writer]):
            yield Store(engines, writer)

    @asynccontextmanager
    async def writers(self, number: int) -> AsyncGenerator[tuple[Engines, list[Writer]]]:
        """Several writers with connections of their own, as several processes would have."""
        self.migrate()
        opened = [open_engines(self.settings()) for _ in range(number)]
        all_of_them = [Writer(engines.writer) for engines in opened]
        for writer in all_of_them:
            writer.start()
        try:
            yield opened[0], all_of_them
        finally:
            for writer, engines in zip(all_of_them, opened, strict=True):
                await writer.close()
                await engines.close()

    def forget_checkpoints(self) -> None:
        """LangGraph's alone. No process may have it open."""
        if self.url is None:
            for path in self.folder.glob("checkpoints.db*"):
                path.unlink()
            return
        with psycopg.connect(for_libpq(self.url), autocommit=True) as session:
            session.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows_of(self.environment, query)


NUMBERS = count(1)


@contextmanager
def on_server(server: Postgres, folder: Path) -> Iterator[Database]:
    """A copy of the migrated database; `folder` is its data folder, which nobody should make."""
    name = f"made_{next(NUMBERS)}"
    yield Database(folder, server.create(name, "migrated"))
    server.drop(name)


def rows_of(environment: dict[str, str], query: str) -> list[tuple[Any, ...]]:
    """Read the database a process uses, as any other process may."""
    if url := environment.get("CAIRN_DATABASE_URL"):
        with psycopg.connect(for_libpq(url), autocommit=True) as session:
            return session.execute(query).fetchall()  # type: ignore[arg-type]
    path = Path(environment["CAIRN_DATA_DIR"]) / "cairn.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()
