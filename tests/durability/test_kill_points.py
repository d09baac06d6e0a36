"""The kill-point sweep: at every crossing of every scenario a process is killed, and the next one goes on.

A sample covers every kind of point on each database; `--full` tries every point. The table is kept as a file.
"""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from tests.durability.actor import Point
from tests.durability.beside import beside_each_other
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play, sample, undisturbed
from tests.durability.scenarios import SCENARIOS, Scenario
from tests.durability.tables import Table
from tests.durability.verdicts import Outcome, faults, outcome_on


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("kill-points", request) as made:
        yield made


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name.replace(" ", "-"))
def test_killed_at_any_point_the_next_one_goes_on(
    grounds: Grounds, scenario: Scenario, table: Table, tried: set[str], request: pytest.FixtureRequest
) -> None:
    begun = time.monotonic()
    with grounds.copy(None) as prepared:
        if scenario.prepare:
            assert play(prepared, scenario.prepare) == 0
        wanted, points = undisturbed(grounds, prepared, scenario)
        chosen = points if request.config.getoption("--full") else sample(points, scenario.name, tried)
        found = beside_each_other(
            [partial(killed_at, grounds, prepared, scenario, point, wanted) for point in chosen]
        )
    wrong = {point: said for point, said in zip(chosen, found, strict=True) if said}
    table.add(grounds.name, scenario.name, len(points), len(chosen), len(wrong), time.monotonic() - begun)
    assert wrong == {}, "\n".join(f"{point}: {'; '.join(said)}" for point, said in wrong.items())


def killed_at(
    grounds: Grounds, prepared: Ground, scenario: Scenario, point: Point, wanted: Outcome
) -> list[str]:
    with grounds.copy(prepared) as ground:
        if play(ground, scenario.act, point) == 0:
            return ["the point was not reached"]
        grounds.expire_leases(ground)
        if play(ground, scenario.act) != 0:
            return ["the successor did not come to its end"]
        return faults(wanted, outcome_on(ground), ground)
