"""What an operator asks: numbers of all processes from the database, and whether it can be worked with."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.errors import OutOfReach, Unusable
from cairn.meters.counting import Family, Meters
from cairn.store import admission, operations
from cairn.store.migrate import is_behind, is_newer
from cairn.store.operations import Facts
from cairn.store.trouble import patiently
from cairn.store.writer import Writer
from cairn.usecases.readiness import Standing
from cairn.usecases.store import Store

FRESH_SECONDS = 5.0
"""However often and by how many the numbers are asked for, the database is asked once in this time."""
PATIENCE = 1.0
"""Enough to replace a connection that a restart of the server has broken; who asks wants the truth of now."""
T = TypeVar("T")

log = structlog.get_logger()


class Shared(Generic[T]):
    """One look at a time, whose answer all who ask meanwhile are given. It is never cancelled by one of them
    who waits no longer: a statement under way would take its connection with it."""

    def __init__(self, look: Callable[[], Awaitable[T]], fresh: float) -> None:
        self.look = look
        self.fresh = fresh
        self.going: asyncio.Task[T] | None = None
        self.good_until = 0.0

    async def get(self, within: float) -> T:
        """Raises what the look raised, and `TimeoutError` where it takes longer than `within` seconds."""
        loop = asyncio.get_running_loop()
        going = self.going
        if going is None or (going.done() and loop.time() >= self.good_until):
            going = self.going = loop.create_task(self.look_once())
            going.add_done_callback(mark_read)
        await asyncio.wait({going}, timeout=within)
        if not going.done():
            raise TimeoutError
        return going.result()

    async def look_once(self) -> T:
        self.good_until = 0.0
        found = await self.look()
        self.good_until = asyncio.get_running_loop().time() + self.fresh
        return found

    async def close(self) -> None:
        if self.going is not None:
            self.going.cancel()
            await asyncio.gather(self.going, return_exceptions=True)


def mark_read(done: "asyncio.Task[Any]") -> None:
    """What nobody waited for any more is not an unread error."""
    if not done.cancelled():
        done.exception()


class Operations:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.facts = Shared(lambda: self.asking(operations.facts), FRESH_SECONDS)
        self.standing = Shared(lambda: self.asking(operations.standing), 0.0)

    async def asking(self, ask: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self.store.engines.reader.connect() as connection:
                return await ask(connection)

        return await patiently(once, PATIENCE)

    async def numbers(self, within: float) -> list[Family]:
        """Facts of the database: the same whichever process is asked. Where it does not answer, that alone is
        told: what a process counts itself is wanted most then."""
        try:
            return [*told(await self.facts.get(within)), reached(True)]
        except (OutOfReach, TimeoutError):
            return [reached(False)]
        except Exception:  # a scrape is answered whatever has happened
            log.exception("numbers_not_read")
            return [reached(False)]

    async def database(self) -> Standing:
        """By a real statement, asked anew."""
        return judged(await self.standing.get(within=60))

    async def close(self) -> None:
        await self.facts.close()
        await self.standing.close()


def tell_of_writer(meters: Meters, writer: Writer) -> None:
    meters.watch(
        "gauge", "cairn_writer_queue_writes", "Writes that wait for this process's one writer now.",
        lambda: writer.waiting,
    )  # fmt: skip
    meters.watch(
        "counter", "cairn_refused_writes", "Writes of this process that were refused as their claim no "
        "longer held: it was superseded, or a cancel or retry moved the task on.", lambda: writer.refused,
    )  # fmt: skip


def judged(stands: admission.Standing) -> Standing:
    """Whether a database that stands there can be worked on. One that was upgraded while this program runs
    may well admit it."""
    try:
        behind = is_behind(stands, "it", "")
    except Unusable as error:
        return Standing(False, error.detail)
    if behind:
        said = f"its schema {stands.schema} is older than this program's: run `cairn db upgrade`"
        return Standing(False, said)
    which = "a newer schema that admits this program" if is_newer(stands) else "today's schema"
    return Standing(True, f"reached, of {which}")


def told(facts: Facts) -> Iterator[Family]:
    by_status = {(status,): number for status, number in facts.tasks.items()}
    yield Family(
        "gauge", "cairn_tasks", "Tasks that are not deleted, by the status of their present run, in the "
        "whole database.", ("status",), by_status,
    )  # fmt: skip
    yield Family(
        "gauge", "cairn_queue_tasks", "Tasks that are due and that no process has claimed, in the whole "
        "database.", (), {(): facts.due},
    )  # fmt: skip
    yield Family(
        "gauge", "cairn_queue_oldest_seconds", "How long the oldest of them has been due; 0 where none is.",
        (), {(): facts.oldest},
    )  # fmt: skip
    yield Family(
        "counter", "cairn_model_calls_repaid", "Requests that were sent to a model although an answer to the "
        "same call stood in the journal, in the whole database. Must be 0.", (), {(): facts.repaid},
    )  # fmt: skip


def reached(answered: bool) -> Family:
    said = "1 where the database answered this process when it was asked last, else 0."
    return Family("gauge", "cairn_database_up", said, (), {(): float(answered)})
