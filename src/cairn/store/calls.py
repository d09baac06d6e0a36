"""The shelf of model calls: one row per request sent, before it leaves and after it is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Executable, RowMapping, bindparam, func, literal_column, null, select, text
from sqlalchemy.dialects.postgresql import Insert, insert  # see store/fenced.py
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import Task
from cairn.store.base import table_of
from cairn.store.fenced import Statement
from cairn.store.tables import ModelCall

calls = table_of(ModelCall)

STARTED, ANSWERED, FAILED, LOST = "started", "answered", "failed", "lost"
"""Lost: nothing came back, and the other side may have answered, and billed it, all the same. So it is with
one that is `started` under an epoch that has passed."""


@dataclass(frozen=True)
class Spent:
    """What calls cost; those without an answer count with what was expected of them, unless they failed.
    `usd` is None where the price of one is not known: a part would look like the whole."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None


Begun = Mapping[str, Any]
"""The row of a request that is about to leave."""


def begun(
    task: Task, product: str, key: str, sent: int, *, input_tokens: int, output_tokens: int, usd: float | None
) -> Begun:
    """With what it is expected to take."""
    return {"key": key, "sent": sent, "task_id": task.task_id, "run": task.run, "product": product,
            "epoch": task.epoch, "input_tokens": input_tokens, "output_tokens": output_tokens, "usd": usd,
            "started_at": datetime.now(UTC)}  # fmt: skip


def begin(request: Begun) -> Statement:
    """Written twice it is one row."""
    return Statement(BEGIN, request)


def answered(
    request: Begun, answer: Any, *, input_tokens: int, output_tokens: int, usd: float | None
) -> Statement:
    """Its row when it was answered: with what, and at what cost."""
    given = {**request, "answer": answer, "ended_at": datetime.now(UTC)}
    return Statement(
        ANSWERED_WITH, {**given, "input_tokens": input_tokens, "output_tokens": output_tokens, "usd": usd}
    )


def failed(request: Begun, error: str) -> Statement:
    """Refused, or never sent: it cost nothing."""
    return Statement(FAILED_BY, {**request, "error": error, "ended_at": datetime.now(UTC)})


def lost(request: Begun, error: str) -> Statement:
    return Statement(LOST_BY, {**request, "error": error, "ended_at": datetime.now(UTC)})


def putting(state: str, **ended: Any) -> Insert:
    """The row of a request in this state. What is the same in each is written into the statement: a value
    that is given instead costs time for every row."""
    nothing_yet = {"answer": null(), "error": null(), "ended_at": null()}
    return insert(calls).values({**nothing_yet, "state": literal_column(f"'{state}'"), **ended})


def ending(state: str, *names: str, **constant: Any) -> Executable:
    """Its row stands since it was begun. An upsert all the same: many of them are few statements."""
    ended = (*names, "ended_at")
    statement = putting(state, **{name: bindparam(name) for name in ended}, **constant)
    replaced = {name: statement.excluded[name] for name in ("state", *ended, *constant)}
    return statement.on_conflict_do_update(index_elements=["key", "sent"], set_=replaced)


BEGIN = putting(STARTED).on_conflict_do_nothing(index_elements=["key", "sent"])
ANSWERED_WITH = ending(ANSWERED, "answer", "input_tokens", "output_tokens", "usd")
FAILED_BY = ending(FAILED, "error", input_tokens=text("0"), output_tokens=text("0"), usd=text("0"))
LOST_BY = ending(LOST, "error")


async def sent_by(connection: AsyncConnection, task_id: str) -> dict[str, int]:
    """How many requests were sent under each key of a task."""
    rows = (await connection.execute(SENT, {"t": task_id})).all()
    return {key: number for key, number in rows}  # noqa: C416 - rows are no pairs to a type checker


SENT = select(calls.c.key, func.count()).where(calls.c.task_id == bindparam("t")).group_by(calls.c.key)


async def answer_of(connection: AsyncConnection, key: str) -> RowMapping | None:
    """The row of the request under this key that was answered, if one was. Its answer is None where it was
    let go, long after the end of its task, and no later one is kept."""
    return (await connection.execute(ANSWER, {"k": key, "state": ANSWERED})).mappings().first()


ANSWER = (
    select(calls.c.sent, calls.c.answer)
    .where(calls.c.key == bindparam("k"), calls.c.state == bindparam("state"))
    .order_by(calls.c.answer.is_(None), calls.c.sent)
)


async def spent(connection: AsyncConnection, task_id: str, from_run: int = 1) -> Spent:
    """By the calls of a task's runs from `from_run` on. Every request counts, also one that was lost."""
    where = (calls.c.task_id == task_id, calls.c.run >= from_run)
    return spent_of((await connection.execute(select(*SUMS).where(*where))).one())


async def spent_by(connection: AsyncConnection, task_id: str, what: str) -> dict[Any, Spent]:
    """The same for each value of a column, `product` or `run`, in order."""
    column = calls.c[what]
    statement = select(column, *SUMS).where(calls.c.task_id == task_id).group_by(column).order_by(column)
    return {value: spent_of(sums) for value, *sums in (await connection.execute(statement)).all()}


SUMS = (
    func.count(), func.sum(calls.c.input_tokens), func.sum(calls.c.output_tokens), func.sum(calls.c.usd),
    func.count().filter(calls.c.usd.is_(None)),
)  # fmt: skip


def spent_of(sums: Sequence[Any]) -> Spent:
    number, tokens_in, tokens_out, usd, unknown = sums
    return Spent(number, tokens_in or 0, tokens_out or 0, None if unknown else usd or 0.0)
