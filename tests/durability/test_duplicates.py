"""What comes twice, or ten thousand times, has one effect: wake-ups, moves from outside, posts by one key."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cairn.bootstrap import Cairn
from cairn.domain.errors import CairnError, Conflict, NotFound
from cairn.domain.task import Task, TaskStatus
from cairn.store.schema import metadata
from cairn.usecases.history import broken_promises
from tests.databases import Database
from tests.durability.at_once import Move, at_once, several
from tests.durability.crew import CALLS, at_work, elsewhere
from tests.process import serving_on
from tests.workflow.scripted import OWNER, Scripted, run, to_the_end, until_told, working

SHARES = {"queued": 0.1, "running": 0.45, "ended": 0.45}
"""How many of the wake-ups come while the task is in each state."""


def everything(database: Database) -> dict[str, list[Any]]:
    return {name: sorted(database.rows(f"SELECT * FROM {name}"), key=repr) for name in metadata.tables}


def test_thousands_of_wake_ups_are_one_course(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """By three workers here and two in another process, of a task that is queued, then running, then ended:
    1,000 of them, 10,000 with `--full`."""
    wake_ups = 10_000 if request.config.getoption("--full") else 1_000

    async def scenario() -> None:
        async with at_work(database, 3, tmp_path) as here:
            [first, *_] = [cairn for cairn, _ in here.members]
            task_id = await ask_unheard(first)

            async def wake(state: str) -> None:
                half = int(wake_ups * SHARES[state] / 2)
                await asyncio.gather(here.wake(task_id, half), there.wake(task_id, half))

            await wake("queued")
            while not database.rows("SELECT key FROM model_calls"):
                await asyncio.sleep(0.01)
            running = everything(database)
            kinds = [kind for [kind] in database.rows("SELECT kind FROM task_events ORDER BY seq")]
            assert kinds == ["task_created", "task_claimed", "step_started"], "one claim of all"
            assert database.rows("SELECT sent, state FROM model_calls") == [(1, "started")]
            await wake("running")
            assert everything(database) == running

            await asyncio.gather(here.finish(), there.finish())
            task = await first.tasks.get(OWNER, task_id)
            assert (task.status, task.epoch, task.attempts) == (TaskStatus.completed, 2, 0)
            ended = everything(database)
            await wake("ended")
            assert everything(database) == ended
            assert await broken_promises(first.tasks.store, task_id) == []

    database.migrate()
    with elsewhere(database, 2, tmp_path) as there:
        asyncio.run(scenario())
    started = Counter(
        line for line in (tmp_path / "calls.log").read_text().splitlines() if line.startswith("start")
    )
    assert (len(started), set(started.values())) == (CALLS, {1}), "no call twice"


async def ask_unheard(cairn: Cairn) -> str:
    """A task that is queued and of which no worker was told; the sweeps are seconds away."""
    return (await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})).task_id


def refusals(outcomes: Sequence[Any]) -> list[str]:
    return [one.code for one in outcomes if isinstance(one, CairnError)]


async def ended(database: Database, author: Scripted) -> Task:
    async with working(database, author) as cairn:
        return await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))


async def at_the_gate(database: Database) -> Task:
    async with working(database, Scripted()) as cairn:
        asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust", "review": True})
        return await until_told(cairn, asked, "review_wanted")


def told_since(database: Database, task: Task) -> list[str]:
    asked = f"task_id = '{task.task_id}' AND seq > {task.last_seq}"
    return [kind for [kind] in database.rows(f"SELECT kind FROM task_events WHERE {asked} ORDER BY seq")]


def approve(task: Task) -> Move:
    said = {"round": task.review_round, "decision": "approve"}
    return lambda cairn: cairn.reviews.decide(OWNER, task.task_id, said)


def reject(task: Task) -> Move:
    said = {"round": task.review_round, "decision": "request_changes", "feedback": "Shorter"}
    return lambda cairn: cairn.reviews.decide(OWNER, task.task_id, said)


def retry(task: Task, **changes: Any) -> Move:
    return lambda cairn: cairn.moves.retry(OWNER, task.task_id, changes or None)


def cancel(task: Task) -> Move:
    return lambda cairn: cairn.moves.cancel(OWNER, task.task_id)


def delete(task: Task) -> Move:
    return lambda cairn: cairn.moves.delete(OWNER, task.roadmap_id)


def test_of_retries_at_once_one_begins_a_run(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        author.failing = ("Purpose",)
        task = await ended(database, author)
        outcomes = await at_once(database, *[retry(task)] * 8)
        assert refusals(outcomes) == ["already_retried"] * 7
        assert told_since(database, task) == ["task_retried"]
        assert database.rows("SELECT run, status, epoch FROM roadmap_tasks") == [
            (2, "queued", task.epoch + 1)
        ]
        assert database.rows("SELECT variant FROM product_variants") == [(1,)], "asked anew once"

    run(scenario())


def test_of_a_retry_and_pieces_asked_anew_at_once_one_begins_a_run(database: Database) -> None:
    async def scenario() -> None:
        task = await ended(database, Scripted())
        [[concept_id], *_] = database.rows("SELECT concept_id FROM quiz_metadata ORDER BY 1")

        def anew(cairn: Cairn) -> Awaitable[Task]:
            return cairn.versions.regenerate(OWNER, task.roadmap_id, concept_id, "quiz", "Harder")

        outcomes = await at_once(database, anew, retry(task), anew, retry(task))
        assert set(refusals(outcomes)) <= {"already_moved", "already_retried"}
        assert len(refusals(outcomes)) == 3
        [told] = told_since(database, task)
        won = next(at for at, one in enumerate(outcomes) if isinstance(one, Task))
        assert told == ("task_retried" if won % 2 else "piece_asked")
        assert len(database.rows("SELECT * FROM product_variants")) == (0 if won % 2 else 1)

    run(scenario())


@pytest.mark.parametrize("other", [approve, reject])
def test_of_decisions_at_once_one_counts_and_the_others_hear_which(
    database: Database, other: Callable[[Task], Move]
) -> None:
    async def scenario() -> None:
        task = await at_the_gate(database)
        outcomes = await at_once(database, *[approve(task), other(task)] * 4)
        assert refusals(outcomes) == ["already_decided"] * 7
        [[counted]] = database.rows("SELECT decision FROM review_decisions")
        lost = [one for one in outcomes if isinstance(one, Conflict)]
        assert {one.extra["decision"]["decision"] for one in lost} == {counted}
        won = next(at for at, one in enumerate(outcomes) if isinstance(one, Task))
        assert counted == ("approve" if won % 2 == 0 or other is approve else "request_changes")
        assert told_since(database, task) == ["review_decided"]

    run(scenario())


def test_an_approval_never_outlives_a_cancel_at_once(database: Database) -> None:
    """Whoever comes first, the task is cancelled. An approval after the cancel is refused; one before it is
    on record, and the cancel ends what it began."""

    async def scenario() -> None:
        task = await at_the_gate(database)
        approved, cancelled = await at_once(database, approve(task), cancel(task))
        assert cancelled.status is TaskStatus.cancelled
        decisions = database.rows("SELECT decision FROM review_decisions")
        if isinstance(approved, Conflict):
            assert approved.code == "not_awaiting_review"
            assert (told_since(database, task), decisions) == (["task_ended"], [])
        else:
            assert told_since(database, task) == ["review_decided", "task_ended"]
            assert decisions == [("approve",)]
        assert database.rows("SELECT status FROM roadmap_tasks") == [("cancelled",)]

    run(scenario())


def test_cancels_at_once_are_one_and_each_is_told_so(database: Database) -> None:
    async def scenario() -> None:
        task = await at_the_gate(database)
        outcomes = await at_once(database, *[cancel(task)] * 8)
        assert {one.status for one in outcomes} == {TaskStatus.cancelled}
        assert told_since(database, task) == ["task_ended"]

    run(scenario())


def test_a_retry_and_a_cancel_at_once_come_one_after_the_other(database: Database) -> None:
    """A cancel of an ended task is without effect; of the run the retry began it is an end."""

    async def scenario() -> None:
        task = await ended(database, Scripted())
        retried, _ = await at_once(database, retry(task), cancel(task))
        assert retried.run == 2
        told = told_since(database, task)
        [[status]] = database.rows("SELECT status FROM roadmap_tasks")
        assert (told, status) in [(["task_retried"], "queued"), (["task_retried", "task_ended"], "cancelled")]

    run(scenario())


def test_an_approval_never_outlives_a_delete_at_once(database: Database) -> None:
    async def scenario() -> None:
        task = await at_the_gate(database)
        approved, deleted = await at_once(database, approve(task), delete(task))
        assert deleted is None
        told = told_since(database, task)
        if isinstance(approved, CairnError):
            assert isinstance(approved, NotFound)
            assert (told, approved.code) == (["task_deleted"], "task_not_found")
            assert database.rows("SELECT * FROM review_decisions") == []
        else:
            assert told == ["review_decided", "task_deleted"]
        async with several(database, 1) as [cairn]:
            back = await cairn.moves.restore(OWNER, task.roadmap_id)
            assert back.status is TaskStatus.cancelled, "an active task is cancelled by it"

    run(scenario())


def test_of_an_approval_and_a_changed_retry_at_once_one_takes_effect(database: Database) -> None:
    async def scenario() -> None:
        page = await at_the_gate(database)
        approved, retried = await at_once(database, approve(page), retry(page, query="Learn advanced Rust"))
        decisions = database.rows("SELECT run, decision FROM review_decisions")
        if isinstance(retried, Conflict):
            assert (retried.code, decisions) == ("already_retried", [(1, "approve")])
            assert told_since(database, page) == ["review_decided"]
        else:
            assert (approved.code, decisions) == ("not_awaiting_review", [])
            assert told_since(database, page) == ["task_retried"]

    run(scenario())


def test_a_page_of_run_1_cannot_approve_run_2(database: Database) -> None:
    async def scenario() -> None:
        page = await at_the_gate(database)
        async with working(database, Scripted()) as cairn:
            again = await cairn.moves.retry(OWNER, page.task_id, {"query": "Learn advanced Rust"})
            waits = await until_told(cairn, again, "review_wanted")
        async with several(database, 4) as cairns:
            decided = [decide(cairn) for cairn in cairns for decide in (approve(page), reject(page))]
            assert refusals(await asyncio.gather(*decided, return_exceptions=True)) == ["other_round"] * 8
        assert told_since(database, waits) == []
        outcomes = await at_once(database, approve(waits), approve(waits))
        assert refusals(outcomes) == ["already_decided"]
        assert database.rows("SELECT run, review_round FROM review_decisions") == [(2, 2)]

    run(scenario())


@pytest.mark.full("sqlite")
def test_a_hundred_posts_under_one_key_are_one_task(database: Database, tmp_path: Path) -> None:
    """Over HTTP; on PostgreSQL to two servers."""
    folders = [database.folder] if database.url is None else [database.folder, tmp_path / "other"]
    settings = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "3"}
    with ExitStack() as opened, ThreadPoolExecutor(100) as hundred:
        servers = [
            opened.enter_context(serving_on(replace(database, folder=folder), **settings))
            for folder in folders
        ]

        def post(at: int, goal: str = "Learn Redis") -> tuple[int, Any]:
            return servers[at % len(servers)].call(
                "POST", "/api/v1/generation/roadmap", {"query": goal}, **{"Idempotency-Key": "one"}
            )

        answers = list(hundred.map(post, range(100)))
        assert {status for status, _ in answers} == {202}
        [task_id] = {answer["task_id"] for _, answer in answers}
        assert len(list(servers[-1].events(task_id))) > CALLS
        others = list(hundred.map(lambda at: post(at, "Learn Go"), range(10)))
        assert {(status, answer["code"]) for status, answer in others} == {(409, "idempotency_key_reused")}
    assert database.rows("SELECT count(*) FROM roadmap_tasks") == [(1,)]
    assert database.rows("SELECT count(*) FROM task_events WHERE kind = 'task_created'") == [(1,)]
    assert database.rows("SELECT count(*), max(sent) FROM model_calls") == [(CALLS, 1)]
