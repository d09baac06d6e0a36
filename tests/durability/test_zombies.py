"""The zombie sweep: a process is frozen at a crossing, another takes over and finishes, the first wakes up.

Nothing of ours changes then, and the zombie stops by itself and says so once.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from tests.durability.actor import Point, fork
from tests.durability.beside import beside_each_other
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play, sample, stage_on, undisturbed
from tests.durability.scenarios import SCENARIOS, Scenario
from tests.durability.tables import Table
from tests.durability.verdicts import Outcome, all_rows, faults, outcome_on, said_in

IN_NORMAL_RUN = ("first generation",)
"""One stands for all, but with `--full`."""
INSIDE_IN_NORMAL_RUN = ("commit task_claimed", "commit step", "commit piece")
SHORT_LEASE = 3.0
"""Seconds; a session idle in its transaction is ended after a third of it."""


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("zombies", request) as made:
        yield made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    full = metafunc.config.getoption("--full")
    chosen = [scenario for scenario in SCENARIOS if full or scenario.name in IN_NORMAL_RUN]
    metafunc.parametrize("scenario", chosen, ids=lambda scenario: scenario.name.replace(" ", "-"))


def test_a_process_back_from_the_dead_changes_nothing(
    grounds: Grounds, scenario: Scenario, table: Table, tried: set[str], request: pytest.FixtureRequest
) -> None:
    full = bool(request.config.getoption("--full"))
    begun = time.monotonic()
    with grounds.copy(None) as prepared:
        if scenario.prepare:
            assert play(prepared, scenario.prepare) == 0
        wanted, points = undisturbed(grounds, prepared, scenario)
        outside = [point for point in points if not inside(point)]
        # SQLite's one write lock would be held for good inside a transaction; PostgreSQL ends the session.
        within = [point for point in points if inside(point)] if grounds.name == "PostgreSQL" else []
        if full:
            chosen = [*outside, *sample(within, scenario.name, set())]
        else:
            few = [point for point in within if point.kind[7:] in INSIDE_IN_NORMAL_RUN]
            chosen = sample([*outside, *few], scenario.name, tried)
        found = beside_each_other(
            [partial(frozen_at, grounds, prepared, scenario, point, wanted) for point in chosen]
        )
    wrong = {point: said for point, said in zip(chosen, found, strict=True) if said}
    table.add(grounds.name, scenario.name, len(points), len(chosen), len(wrong), time.monotonic() - begun)
    assert wrong == {}, "\n".join(f"{point}: {'; '.join(said)}" for point, said in wrong.items())


def inside(point: Point) -> bool:
    return point.when == "before" and point.name.startswith("commit ")


def frozen_at(
    grounds: Grounds, prepared: Ground, scenario: Scenario, point: Point, wanted: Outcome
) -> list[str]:
    with grounds.copy(prepared) as copied:
        ground = replace(copied, lease_seconds=SHORT_LEASE) if inside(point) else copied
        zombie = fork(stage_on(ground, stop_at=point, stop_by=signal.SIGSTOP, name="zombie"), scenario.act)
        _, status = os.waitpid(zombie, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return ["the point was not reached"]
        in_claim = claims_open(ground)
        grounds.expire_leases(ground)
        if play(ground, scenario.act) != 0:
            return ["the successor did not come to its end"]
        said = faults(wanted, outcome_on(ground), ground)
        before, told = all_rows(ground), stops_told(ground)
        os.kill(zombie, signal.SIGCONT)
        _, status = os.waitpid(zombie, 0)
        if status != 0 and (in_claim or not told_its_caller(ground)):
            said.append(f"the zombie did not stop by itself: {(ground.folder / 'errors').read_text()[-300:]}")
        after = all_rows(ground)
        said += [f"the zombie changed {name}" for name, rows in before.items() if after[name] != rows]
        told = stops_told(ground) - told
        if told != in_claim:
            said.append(f"the zombie told {told} times that it stops, not {in_claim} times")
        return said


def claims_open(ground: Ground) -> int:
    """1 where the last that was committed of claims and their ends is a claim. A cancel ends the claim, but
    not yet the run: that hears of it by a refused write."""
    ends = "'task_ended', 'task_waits', 'task_handed_back', 'review_wanted'"
    told = ground.rows(
        f"SELECT kind, data FROM task_events WHERE kind IN ('task_claimed', {ends}) ORDER BY seq"
    )
    if not told:
        return 0
    last, data = told[-1]
    if last == "task_ended" and '"cancelled"' in data:
        return int(told[-2][0] == "task_claimed" and not stops_told(ground))
    return int(last == "task_claimed")


def stops_told(ground: Ground) -> int:
    """By a refused write, or by a database that did not answer as long as the lease ran."""
    return sum(said_in(ground, "zombie", event) for event in ("task_superseded", "task_left"))


def told_its_caller(ground: Ground) -> bool:
    """Frozen in a move from outside, it can only say that the database did not answer in time, or, having
    tried again, that the successor was first."""
    said = (ground.folder / "errors").read_text()
    return "OutOfReach" in said or "Conflict" in said
