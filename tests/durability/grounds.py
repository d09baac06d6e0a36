"""Databases that a killed process leaves behind and the next goes on with: copies of one prepared state."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cairn.settings import Settings
from cairn.store.migrate import upgrade_sqlite


@dataclass(frozen=True)
class Ground:
    """`folder` holds what lies beside the database: the log of calls, the trace, the author's files."""

    folder: Path
    url: str | None = None

    @property
    def settings(self) -> Settings:
        asked: dict[str, Any] = {"database_url": self.url} if self.url else {}
        data = self.folder / "data"
        return Settings(data_dir=data, model="simulated", model_concurrency=1, lease_seconds=600, **asked)


class Grounds(Protocol):
    """Makes grounds: an empty one, and copies of one on which nobody works."""

    name: str

    def copy(self, of: Ground | None) -> Any:
        """A context of a ground of its own; `of` None: a migrated, empty one."""
        ...


class SqliteGrounds:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    @contextmanager
    def copy(self, of: Ground | None) -> Iterator[Ground]:
        self.made += 1
        folder = self.folder / f"ground-{os.getpid()}-{self.made}"
        if of is None:
            (folder / "data").mkdir(parents=True)
            upgrade_sqlite(folder / "data" / "cairn.db")
        else:
            shutil.copytree(of.folder, folder)
            for name in ("trace", "log", "errors"):
                (folder / name).unlink(missing_ok=True)
        yield Ground(folder)
        shutil.rmtree(folder)
