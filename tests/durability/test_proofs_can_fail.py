"""The proofs can fail: each guard of the program is switched off once, and the proof resting on it notices.

A proof here answers what it found wrong; nothing, as long as the guard is on.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.graph import StateGraph
from sqlalchemy import bindparam, update

from cairn.domain.errors import Conflict
from cairn.domain.task import MOVES, Task, TaskStatus
from cairn.store import fenced, tasks
from cairn.usecases import calls, claimed, ledger, moves, run
from cairn.usecases.ledger import OpenEnds
from cairn.workflow.state import Context, State
from tests.durability import scenarios
from tests.durability.actor import OWNER, Point, Stage
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play, undisturbed
from tests.durability.scenarios import SCENARIOS, Play, Scenario
from tests.durability.sweeping import killed_at
from tests.durability.test_zombies import frozen_at

Patch = pytest.MonkeyPatch
FIRST: Scenario = SCENARIOS[0]


@dataclass(frozen=True)
class Guard:
    name: str
    switch_off: Callable[[Patch], None]
    proof: Callable[[Grounds], list[str]]


WANTED: dict[str, Any] = {}
"""The end of the undisturbed run by database, seen with every guard on."""


def at_one_point(grounds: Grounds, point: Point, try_at: Callable[..., list[str]]) -> list[str]:
    with grounds.copy(None) as prepared:
        if grounds.name not in WANTED:
            WANTED[grounds.name], _ = undisturbed(grounds, prepared, FIRST)
        return try_at(grounds, prepared, FIRST, point, WANTED[grounds.name])


def zombie_at_a_call(grounds: Grounds) -> list[str]:
    return at_one_point(grounds, Point("call curriculum#0", "after"), frozen_at)


def killed_at_a_product(grounds: Grounds) -> list[str]:
    return at_one_point(grounds, Point("commit curriculum", "before"), killed_at)


@contextmanager
def played(grounds: Grounds, *parts: Play) -> Iterator[Ground]:
    """The parts one after the other, each by a process of its own."""
    with grounds.copy(None) as ground:
        for part in parts:
            play(ground, part)
            grounds.expire_leases(ground)
        yield ground


def an_old_lease(grounds: Grounds) -> list[str]:
    """A run whose lease has run out makes no further call."""

    async def act(stage: Stage) -> None:
        task = await scenarios.ask(stage)
        claim = await stage.cairn.claims.claim(task.task_id, "late")
        assert claim is not None
        await stage.cairn.runner.run(claim, lambda: False)

    with played(grounds, act) as ground:
        log = ground.folder / "calls.log"
        return ["calls were made after the lease had run out"] if log.exists() else []


def a_task_that_always_dies(grounds: Grounds) -> list[str]:
    async def act(stage: Stage) -> None:
        async def die(key: str) -> None:
            stage.cross("death", "before")

        stage.author.call = die  # type: ignore[method-assign]
        await stage.work((await scenarios.ask(stage)).task_id)

    with grounds.copy(None) as ground:
        for _ in range(6):
            play(ground, act, Point("death", "before"))
            grounds.expire_leases(ground)
        [(status, error)] = ground.rows("SELECT status, error FROM roadmap_tasks")
        return [] if status == "failed" and '"attempts"' in error else [f"after six deaths it is {status}"]


def a_graph_that_ends_silently(grounds: Grounds) -> list[str]:
    async def act(stage: Stage) -> None:
        drawing = StateGraph(State, Context)
        drawing.add_node("intent_analysis", lambda state: {})
        drawing.set_entry_point("intent_analysis")
        stage.cairn.runner.graph = drawing.compile(stage.cairn.runner.graph.checkpointer)  # type: ignore[assignment]
        await stage.work((await scenarios.ask(stage)).task_id)

    with played(grounds, act) as ground:
        [(status,)] = ground.rows("SELECT status FROM roadmap_tasks")
        return [] if status == "failed" else [f"nothing was made, and the task is {status}"]


def two_approvals_at_once(grounds: Grounds) -> list[str]:
    async def act(stage: Stage) -> None:
        task = await scenarios.now(stage)
        said = {"round": 1, "decision": "approve"}
        decide = stage.cairn.reviews.decide
        both = await asyncio.gather(
            *(decide(OWNER, task.task_id, said) for _ in range(2)), return_exceptions=True
        )
        assert all(isinstance(one, (Task, Conflict)) for one in both), both

    with played(grounds, scenarios.at_the_gate, act) as ground:
        [(number,)] = ground.rows("SELECT count(*) FROM task_events WHERE kind = 'review_decided'")
        return [] if number == 1 else [f"{number} decisions took effect"]


def a_bad_answer(grounds: Grounds) -> list[str]:
    """An answer that was refused is not replayed by the retry that asks for the piece anew."""

    async def first(stage: Stage) -> None:
        stage.flag("bad_quiz").touch()
        task = await stage.work((await scenarios.ask(stage)).task_id)
        assert task.status is TaskStatus.completed_with_gaps

    async def again(stage: Stage) -> None:
        stage.flag("bad_quiz").unlink()
        await stage.cairn.moves.retry(OWNER, (await scenarios.now(stage)).task_id)
        await stage.work((await scenarios.now(stage)).task_id)

    with played(grounds, first, again) as ground:
        [(status,)] = ground.rows("SELECT status FROM roadmap_tasks")
        return [] if status == "completed" else [f"after the retry the task is {status}"]


def no_fence(patch: Patch) -> None:
    open_fence = (
        update(fenced.tasks)
        .where(fenced.tasks.c.task_id == bindparam("t"), bindparam("e") >= 0, bindparam("progress") < 2)
        .values(last_seq=fenced.tasks.c.last_seq + bindparam("n"), updated_at=bindparam("now"))
        .returning(fenced.tasks.c.last_seq)
    )  # fmt: skip
    patch.setattr(fenced, "fence", lambda: open_fence)


def checkpoint_before_write(patch: Patch) -> None:
    """A step's product is only committed once the next step has begun."""
    commit, held = claimed.Claimed.commit, list[Any]()

    async def commit_late(self: claimed.Claimed, table: str, write: fenced.Write) -> list[int]:
        late = held[:]
        held[:] = [(table, write)] if write.rows else []
        for earlier in late:
            await commit(self, *earlier)
        return [1] if write.rows else await commit(self, table, write)

    patch.setattr(claimed.Claimed, "commit", commit_late)


def no_lease_check(patch: Patch) -> None:
    init = calls.Calls.__init__

    def always_held(
        self: calls.Calls, providers: Any, timeout: Any, held: Any, *rest: Any, **named: Any
    ) -> None:
        init(self, providers, timeout, lambda: True, *rest, **named)

    patch.setattr(calls.Calls, "__init__", always_held)


def no_cap(patch: Patch) -> None:
    patch.setattr(run, "MAX_ATTEMPTS", 10**9)


def the_end_is_believed(patch: Patch) -> None:
    async def nothing_missing(self: ledger.RunLedger) -> OpenEnds:
        return OpenEnds(0, 0)

    patch.setattr(ledger.RunLedger, "open_ends", nothing_missing)


def no_compare_and_set(patch: Patch) -> None:
    move = tasks.move

    async def in_any_state(
        connection: Any, told: Any, name: str, task_id: str, now: Any, *_: Any, **more: Any
    ) -> Any:
        return await move(connection, told, name, task_id, now, **more)

    patch.setitem(MOVES, "decide", frozenset(TaskStatus))
    patch.setattr(tasks, "move", in_any_state)


def no_variant(patch: Patch) -> None:
    async def nothing_anew(*_: Any) -> set[str]:
        return set()

    patch.setattr(moves, "asked_anew", nothing_anew)


GUARDS = [
    Guard("fence first", no_fence, zombie_at_a_call),
    Guard("write, then checkpoint", checkpoint_before_write, killed_at_a_product),
    Guard("lease check", no_lease_check, an_old_lease),
    Guard("attempt cap", no_cap, a_task_that_always_dies),
    Guard("the store is asked at the end", the_end_is_believed, a_graph_that_ends_silently),
    Guard("compare-and-set of a review", no_compare_and_set, two_approvals_at_once),
    Guard("variant of a failed piece", no_variant, a_bad_answer),
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name.replace(" ", "-"))
@pytest.mark.full("sqlite")
def test_a_guard_switched_off_is_noticed(grounds: Grounds, guard: Guard, monkeypatch: Patch) -> None:
    assert guard.proof(grounds) == []
    guard.switch_off(monkeypatch)
    assert guard.proof(grounds) != []
