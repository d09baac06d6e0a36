"""The kill-point sweep: at every crossing of every scenario a process is killed, and the next one goes on.

A sample covers every kind of point; `--full` every point. The table is kept as a file.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.durability.actor import Point, Stage, fork
from tests.durability.beside import beside_each_other
from tests.durability.grounds import Ground, Grounds
from tests.durability.scenarios import SCENARIOS, Play, Scenario
from tests.durability.tables import Table
from tests.durability.verdicts import Outcome, faults, outcome_on


def played(ground: Ground, play: Play, stop_at: Point | None = None) -> int:
    """How the actor ended: 0, or minus the signal that ended it."""
    _, status = os.waitpid(fork(Stage(ground.settings, ground.url is None, ground.folder, stop_at), play), 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), (ground.folder / "errors").read_text()
    return code


def points_in(trace: Path) -> list[Point]:
    return [
        Point(name, when, int(nth))
        for when, name, nth in (line.split("\t") for line in trace.read_text().splitlines())
    ]


def sample(points: list[Point], scenario: str) -> list[Point]:
    """One of each kind, not always the first."""
    kinds: dict[str, list[Point]] = {}
    for point in points:
        kinds.setdefault(point.kind, []).append(point)
    choose = random.Random(scenario).choice
    return [choose(same) for same in kinds.values()]


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("kill-points", request) as made:
        yield made


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name.replace(" ", "-"))
def test_killed_at_any_point_it_goes_on(
    grounds: Grounds, scenario: Scenario, table: Table, request: pytest.FixtureRequest
) -> None:
    begun = time.monotonic()
    with grounds.copy(None) as prepared:
        if scenario.prepare:
            assert played(prepared, scenario.prepare) == 0
        with grounds.copy(prepared) as ground:
            assert played(ground, scenario.act) == 0
            undisturbed = outcome_on(ground)
            assert undisturbed.broken == []
            points = points_in(ground.folder / "trace")
        assert len(points) == len(set(points))
        with grounds.copy(prepared) as ground:
            assert played(ground, scenario.act) == 0
            assert set(points_in(ground.folder / "trace")) == set(points), "the same points in every run"
        chosen = points if request.config.getoption("--full") else sample(points, scenario.name)
        found = beside_each_other(
            [partial(killed_at, grounds, prepared, scenario, point, undisturbed) for point in chosen]
        )
        wrong = {point: said for point, said in zip(chosen, found, strict=True) if said}
    table.add(grounds.name, scenario.name, len(points), len(chosen), len(wrong), time.monotonic() - begun)
    assert wrong == {}, "\n".join(f"{point}: {'; '.join(said)}" for point, said in wrong.items())


def killed_at(
    grounds: Grounds, prepared: Ground, scenario: Scenario, point: Point, undisturbed: Outcome
) -> list[str]:
    with grounds.copy(prepared) as ground:
        if played(ground, scenario.act, point) == 0:
            return ["the point was not reached"]
        grounds.expire_leases(ground)
        if played(ground, scenario.act) != 0:
            return ["the successor did not come to its end"]
        return faults(undisturbed, outcome_on(ground), ground)
