"""The fenced upsert: the fence first, then the rows, then their events, in the writer's transaction.

No look before the insert: `ON CONFLICT DO UPDATE` is one atomic statement, and the fence refuses every
write of a claim that no longer holds, also for keys that do not exist yet.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Executable, Integer, Table, bindparam, case, select, update
from sqlalchemy.dialects.postgresql import insert  # compiles on SQLite too; SQLite's does not on PostgreSQL
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import Event
from cairn.store.base import table_of
from cairn.store.direct import Plan, Step
from cairn.store.tables import RoadmapTask, TaskEvent

tasks = table_of(RoadmapTask)
events = table_of(TaskEvent)
INSERT_EVENTS = events.insert()


@dataclass
class Told:
    """What the events of one transaction can be found by: the id each of them carries, and the tasks they
    are of."""

    write_id: str = field(default_factory=lambda: os.urandom(16).hex())
    tasks: set[str] = field(default_factory=set[str])

    def mark(self, task_id: str) -> str:
        """What an event of the task carries."""
        self.tasks.add(task_id)
        return self.write_id


class Row(NamedTuple):
    """One product row to be: its table, natural key and other values; epoch, rev and times are added."""

    table: Table
    key: Mapping[str, Any]
    values: Mapping[str, Any]


class Statement(NamedTuple):
    """A further statement of the same transaction, run before the rows, once per parameter set."""

    statement: Executable
    parameters: Mapping[str, Any]


class Write(NamedTuple):
    """Rows a run makes under one claim, with the events that tell of them: one transaction, or none.
    `progress`: something was finished, so the claims lost before it no longer count."""

    name: str
    task_id: str
    epoch: int
    events: Callable[[Sequence[int]], Sequence[Event]]
    """Given the rev of each row after the write, what is to be told. Their number may not depend on it."""
    event_count: int
    rows: Sequence[Row] = ()
    statements: Sequence[Statement] = ()
    progress: bool = False


@cache
def fence() -> Executable:
    return (
        update(tasks)
        .where(tasks.c.task_id == bindparam("t"), tasks.c.epoch == bindparam("e"))
        .values(
            last_seq=tasks.c.last_seq + bindparam("n"), updated_at=bindparam("now"),
            attempts=case((bindparam("progress", type_=Integer) == 1, 0), else_=tasks.c.attempts),
        )
        .returning(tasks.c.last_seq)
    )  # fmt: skip


@cache
def upsert(table: Table) -> Executable:
    """Insert, or replace all but key and creation time. `rev` counts the writes of a row: a row to be comes
    with the number of writes it stands for."""
    statement = insert(table)
    keys = key_names(table)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in (*keys, "created_at", "rev")
    }
    return statement.on_conflict_do_update(
        index_elements=keys, set_={**replaced, "rev": table.c.rev + statement.excluded.rev}
    ).returning(*(table.c[name] for name in keys), table.c.rev)


def applied(writes: Sequence[Write], write_id: str) -> Plan[list[list[int] | None]]:
    """For each write the revs of its rows, or None where its claim no longer holds. Their events carry
    `write_id`."""
    now = datetime.now(UTC)
    counts: dict[tuple[str, int], int] = defaultdict(int)
    progress: set[tuple[str, int]] = set()
    for write in writes:
        counts[write.task_id, write.epoch] += write.event_count
        if write.progress:
            progress.add((write.task_id, write.epoch))
    next_seq: dict[tuple[str, int], int] = {}
    for (task_id, epoch), count in sorted(counts.items()):
        given = {"t": task_id, "e": epoch, "n": count, "now": now}
        given["progress"] = int((task_id, epoch) in progress)
        found = yield Step(fence(), [given])
        if found:
            next_seq[task_id, epoch] = found[0][0] - count + 1
    admitted = [write for write in writes if (write.task_id, write.epoch) in next_seq]
    yield from extras(admitted)
    revs = yield from put_rows(admitted, now)
    told: list[dict[str, Any]] = []
    outcomes: list[list[int] | None] = []
    for write in writes:
        claim = (write.task_id, write.epoch)
        if claim not in next_seq:
            outcomes.append(None)
            continue
        mine = [next(revs[identity(row)]) for row in write.rows]
        for happened in write.events(mine):
            told.append(event_row(claim, next_seq[claim], happened, now, write_id))
            next_seq[claim] += 1
        outcomes.append(mine)
    if told:
        yield Step(INSERT_EVENTS, told)
    return outcomes


def extras(writes: Sequence[Write]) -> Plan[None]:
    by_statement: dict[Executable, list[Mapping[str, Any]]] = {}
    for write in writes:
        for extra in write.statements:
            by_statement.setdefault(extra.statement, []).append(extra.parameters)
    for statement, parameters in by_statement.items():
        yield Step(statement, parameters)


def put_rows(writes: Sequence[Write], now: datetime) -> Plan[dict[tuple[Any, ...], Iterator[int]]]:
    """One statement per table, a key in it once: the last value wins, and every write of it has its rev."""
    by_table: dict[Table, dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)
    counts: Counter[tuple[Any, ...]] = Counter()
    for write in writes:
        stamp = {"epoch": write.epoch, "created_at": now, "updated_at": now}
        for row in write.rows:
            key = identity(row)
            counts[key] += 1
            by_table[row.table][key] = {**row.key, **row.values, **stamp, "rev": counts[key]}
    revs: dict[tuple[Any, ...], Iterator[int]] = {}
    for table, rows in by_table.items():
        for *parts, rev in (yield Step(upsert(table), list(rows.values()))):
            key = (table.name, *parts)
            revs[key] = iter(range(rev - counts[key] + 1, rev + 1))
    return revs


async def put_row(connection: AsyncConnection, epoch: int, row: Row, now: datetime) -> int:
    """One row within a move that has raised the epoch to `epoch`; its rev."""
    stamp = {"epoch": epoch, "created_at": now, "updated_at": now, "rev": 1}
    result = await connection.execute(upsert(row.table), [{**row.key, **row.values, **stamp}])
    return int(result.one()[-1])


def identity(row: Row) -> tuple[Any, ...]:
    return (row.table.name, *(row.key[name] for name in key_names(row.table)))


@cache
def key_names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def event_row(
    claim: tuple[str, int], seq: int, happened: Event, now: datetime, write_id: str
) -> dict[str, Any]:
    """`claim`: the task and the epoch under which it happened."""
    task_id, epoch = claim
    return {"task_id": task_id, "seq": seq, "epoch": epoch, "write_id": write_id, "kind": happened.kind,
            "data": happened.data, "created_at": now}  # fmt: skip


async def landed(connection: AsyncConnection, told: Told) -> bool:
    """Whether a transaction was committed. Its rows first: where it is still at work, its end is awaited."""
    locking = select(tasks.c.task_id).where(tasks.c.task_id.in_(sorted(told.tasks))).order_by(tasks.c.task_id)
    await connection.execute(locking.with_for_update())
    found = select(events.c.seq).where(
        events.c.task_id.in_(sorted(told.tasks)), events.c.write_id == told.write_id
    )
    return (await connection.execute(found.limit(1))).first() is not None
