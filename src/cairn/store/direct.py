"""One transaction on the driver's own connection: SQLAlchemy writes each statement once, the driver runs it.

Only for what every product goes through. There the machinery around a statement costs many times the
statement; on SQLite the whole plan is one visit to the connection's thread.
"""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import Dialect, Executable, Insert, PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util.concurrency import greenlet_spawn

from cairn.store.aiosqlite_once import OnceConnection

T = TypeVar("T")

BATCHES = (64, 16, 4, 1)
"""Rows of one INSERT on SQLite: few sizes, so that its statements are parsed once."""


class Step(NamedTuple):
    """A statement, run once per parameter set."""

    statement: Executable
    parameters: Sequence[Mapping[str, Any]]


Rows = Sequence[Sequence[Any]]
Plan = Generator[Step, Rows, T]
"""Yields what to run next and is given the rows it returned. It does nothing else, in whatever thread."""


class Run(Protocol):
    async def __call__(self, plan: Plan[T]) -> T: ...


@dataclass(frozen=True)
class Prepared:
    """A statement as a driver takes it. `takes`: the name of each parameter in order, and what makes its
    value fit; `constants`: values that belong to the statement itself."""

    sql: str
    takes: Sequence[tuple[str, Callable[[Any], Any] | None]]
    constants: Mapping[str, Any]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        if self.constants:
            given = {**given, **self.constants}
        return [given[name] if fit is None else fit(given[name]) for name, fit in self.takes]

    @cached_property
    def by_rows(self) -> tuple[str, str, str] | None:
        """What stands before the row of an INSERT, the row, and what stands after it."""
        head, inserts, rest = self.sql.partition(" VALUES (")
        row, _, tail = rest.partition(")")
        return (head + " VALUES ", f"({row})", tail) if inserts and "?" not in tail else None

    def batches(self, every: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
        """For SQLite: each row of an INSERT alone would give up the interpreter's lock, and wait for it again
        behind a busy loop."""
        at = 0
        while at < len(every):
            size = next(size for size in BATCHES if size <= len(every) - at) if self.by_rows else 1
            values: list[Any] = []
            for given in every[at : at + size]:
                values += self.values(given)
            head, row, tail = self.by_rows or (self.sql, "", "")
            yield self.sql if size == 1 else head + ", ".join([row] * size) + tail, values
            at += size


def prepare(statement: Executable, names: Sequence[str], dialect: Dialect) -> Prepared:
    columns = list(names) if isinstance(statement, Insert) else None
    compiled = cast("SQLCompiler", cast("Any", statement).compile(dialect=dialect, column_keys=columns))
    binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
    return Prepared(
        str(compiled),
        [(name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in binds],
        {name: bind.value for name, bind in binds if bind.unique},
    )


class Direct:
    """Transactions on a connection of an engine, which is kept from one to the next until it is released."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.pooled: PoolProxiedConnection | None = None
        self.known: dict[tuple[Any, ...], Prepared] = {}

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Run]:
        """Committed at the end, rolled back by an error. Raises the errors of the driver, `ConnectionError`
        where the connection broke."""
        if self.pooled is None:
            self.pooled = await self.engine.raw_connection()
        driver: Any = self.pooled.driver_connection
        on = OnSqlite if isinstance(driver, OnceConnection) else OnPostgres
        transaction = on(driver, self.prepared)
        try:
            try:
                await transaction.begin()
                yield transaction.run
                await transaction.commit()
            except BaseException:
                await transaction.rollback()
                raise
        except Exception as error:
            if transaction.broken:
                await greenlet_spawn(self.pooled.invalidate, error)
                self.pooled = None
                raise ConnectionError("the connection to the database broke") from error
            raise

    async def release(self) -> None:
        """Back into the pool, for whoever else needs it."""
        if self.pooled is not None:
            pooled, self.pooled = self.pooled, None
            await greenlet_spawn(pooled.close)

    def prepared(self, step: Step) -> Prepared:
        names = tuple(step.parameters[0])
        known = self.known.get((step.statement, names))
        if known is None:
            known = prepare(step.statement, names, self.engine.dialect)
            self.known[step.statement, names] = known
        return known


@dataclass(frozen=True)
class OnSqlite:
    driver: OnceConnection
    prepared: Callable[[Step], Prepared]

    async def begin(self) -> None:
        """With the first plan, in the same visit."""

    async def run(self, plan: Plan[T]) -> T:
        return cast("T", await self.driver.run(lambda sqlite: self.run_in(sqlite, plan)))

    def run_in(self, sqlite: sqlite3.Connection, plan: Plan[T]) -> T:
        """The write lock is taken at the start: one taken in the middle fails at once instead of waiting."""
        cursor = sqlite.cursor()
        if not sqlite.in_transaction:
            cursor.execute("BEGIN IMMEDIATE")
        try:
            step = next(plan)
            while True:
                statement = self.prepared(step)
                rows: list[Any] = []
                for sql, values in statement.batches(step.parameters):
                    rows += cursor.execute(sql, values).fetchall()
                step = plan.send(rows)
        except StopIteration as end:
            return cast("T", end.value)

    async def commit(self) -> None:
        await self.driver.commit()

    async def rollback(self) -> None:
        await self.driver.rollback()

    @property
    def broken(self) -> bool:
        return False


@dataclass(frozen=True)
class OnPostgres:
    driver: Any
    prepared: Callable[[Step], Prepared]

    async def begin(self) -> None:
        await self.driver.execute("BEGIN")

    async def run(self, plan: Plan[T]) -> T:
        try:
            step = next(plan)
            while True:
                statement = self.prepared(step)
                values = [statement.values(given) for given in step.parameters]
                if len(values) == 1:
                    rows = await self.driver.fetch(statement.sql, *values[0])
                else:
                    rows = await self.driver.fetchmany(statement.sql, values)
                step = plan.send(rows)
        except StopIteration as end:
            return cast("T", end.value)

    async def commit(self) -> None:
        await self.driver.execute("COMMIT")

    async def rollback(self) -> None:
        if not self.driver.is_closed():
            await self.driver.execute("ROLLBACK")

    @property
    def broken(self) -> bool:
        """Closed, or left in a transaction that could not be rolled back, of which the pool knows nothing."""
        return self.driver.is_closed() or self.driver.is_in_transaction()
