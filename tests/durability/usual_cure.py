"""The field's usual cure for “duplicate key on resume”: look whether the row is there, then insert or update.

Kept here to be raced beside the fenced save: a raw driver, one connection for each saver.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from cairn.store.postgres import for_libpq
from tests.databases import Database

MAKE = "CREATE TABLE usual_cure (task_id TEXT PRIMARY KEY, content TEXT, rev INTEGER)"


class UsualCure:
    def __init__(self, connect: Callable[[], Any], mark: str, unique_violation: type[Exception]) -> None:
        self.connect = connect
        self.mark = mark
        self.unique_violation = unique_violation
        self.run(MAKE)

    @classmethod
    @contextmanager
    def on(cls, database: Database) -> Iterator["UsualCure"]:
        database.migrate()
        if database.url is None:
            path = database.settings().database
            yield cls(lambda: sqlite3.connect(path, isolation_level=None), "?", sqlite3.IntegrityError)
        else:
            url = for_libpq(database.url)
            yield cls(lambda: psycopg.connect(url, autocommit=True), "%s", psycopg.errors.UniqueViolation)

    def run(self, statement: str, *given: Any) -> list[Any]:
        connection = self.connect()
        try:
            cursor = connection.execute(statement.replace("?", self.mark), given)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def look(self) -> int | None:
        """The rev that stands; None: there is no row yet."""
        found = self.run("SELECT rev FROM usual_cure WHERE task_id = ?", "t")
        return found[0][0] if found else None

    def write(self, content: str, seen: int | None) -> None:
        """By what was seen: insert or update."""
        if seen is None:
            self.run("INSERT INTO usual_cure VALUES (?, ?, 1)", "t", content)
        else:
            self.run("UPDATE usual_cure SET content = ?, rev = ? WHERE task_id = ?", content, seen + 1, "t")

    def save(self, content: str) -> None:
        self.write(content, self.look())

    def row(self) -> tuple[str, int]:
        [(content, rev)] = self.run("SELECT content, rev FROM usual_cure")
        return content, rev

    def save_at_once(self, number: int) -> list[Exception | None]:
        """So many savers, each of whom has looked before the first has written. How it went for each."""
        outcomes: list[Exception | None] = []
        looked = threading.Barrier(number)

        def save() -> None:
            seen = self.look()
            looked.wait(timeout=30)
            try:
                self.write("content", seen)
            except Exception as error:
                outcomes.append(error)
            else:
                outcomes.append(None)

        savers = [threading.Thread(target=save) for _ in range(number)]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join()
        return outcomes
