"""A claim, a retry and a decision whose commit got no answer: written once, and told as what they were."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import TaskStatus
from cairn.store.direct import Direct
from cairn.store.postgres import open_postgres
from tests.databases import Database
from tests.postgres import Postgres
from tests.proxy import Proxy
from tests.workflow.scripted import OWNER, Scripted, run, to_the_end, until_told, working


@asynccontextmanager
async def unheard(
    database: Database, postgres: Postgres, folder: Path, *, late: bool
) -> AsyncGenerator[Workshop]:
    """A Cairn that hears no answer to its next commit. `late`: the server gets to that commit only when the
    writer already asks for it anew."""
    assert database.url
    async with Proxy(folder, postgres.folder) as proxy:
        behind = open_postgres(database.url.replace(str(postgres.folder), str(folder)), 30)
        async with open_workshop(database.settings(model="simulated"), Scripted()) as cairn:
            writer = cairn.tasks.store.writer
            writer.engine, writer.direct = behind.writer, Direct(behind.writer)
            proxy.swallow = 1
            if late:
                proxy.hold = asyncio.Event()
                asyncio.get_running_loop().call_later(0.3, proxy.hold.set)
            yield cairn
        await behind.close()
    assert proxy.swallowed == 1


LATE = pytest.mark.parametrize("late", [False, True], ids=["at once", "while the writer looks"])


def told(database: Database, kind: str) -> int:
    return len(database.rows(f"SELECT seq FROM task_events WHERE kind = '{kind}'"))


@LATE
def test_a_claim_is_taken_once_and_is_ours(
    on_postgres: Database, postgres: Postgres, tmp_path: Path, late: bool
) -> None:
    async def scenario() -> None:
        async with open_workshop(on_postgres.settings(model="simulated"), Scripted()) as cairn:
            asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
        async with unheard(on_postgres, postgres, tmp_path, late=late) as cairn:
            task = await cairn.claims.claim(asked.task_id, "w")
            assert task is not None, "not taken for another's"
            assert (task.epoch, task.attempts) == (1, 0)
            await cairn.runner.run(task, lambda: True)
            assert (await cairn.tasks.get(OWNER, task.task_id)).status is TaskStatus.completed
        assert told(on_postgres, "task_claimed") == 1

    run(scenario())


@LATE
def test_a_retry_begins_one_run_and_asks_anew_once(
    on_postgres: Database, postgres: Postgres, tmp_path: Path, late: bool
) -> None:
    async def scenario() -> None:
        author = Scripted()
        author.failing = ("Purpose",)
        async with working(on_postgres, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
        async with unheard(on_postgres, postgres, tmp_path, late=late) as cairn:
            again = await cairn.moves.retry(OWNER, task.task_id)
            assert (again.run, again.epoch, again.last_seq) == (2, task.epoch + 1, task.last_seq + 1)
        assert told(on_postgres, "task_retried") == 1
        assert on_postgres.rows("SELECT variant FROM product_variants") == [(1,)]

    run(scenario())


@LATE
def test_a_decision_is_made_once_and_is_no_conflict_with_itself(
    on_postgres: Database, postgres: Postgres, tmp_path: Path, late: bool
) -> None:
    async def scenario() -> None:
        async with working(on_postgres, Scripted()) as cairn:
            asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust", "review": True})
            task = await until_told(cairn, asked, "review_wanted")
        async with unheard(on_postgres, postgres, tmp_path, late=late) as cairn:
            said = {"round": task.review_round, "decision": "approve"}
            decided = await cairn.reviews.decide(OWNER, task.task_id, said)
            assert (decided.status, decided.epoch) == (TaskStatus.queued, task.epoch + 1)
        assert told(on_postgres, "review_decided") == 1
        assert on_postgres.rows("SELECT decision FROM review_decisions") == [("approve",)]

    run(scenario())
