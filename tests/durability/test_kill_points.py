"""The kill-point sweep: at every crossing of every scenario a process is killed, and the next one goes on.

A sample covers every kind of point on each database; `--full` tries every point. The table is kept as a file.
"""

import time
from collections.abc import Iterator

import pytest

from tests.durability.grounds import Grounds
from tests.durability.scenarios import SCENARIOS, Scenario
from tests.durability.sweeping import swept
from tests.durability.tables import Table

LONGEST = ("review with edits by hand", "regenerate, restore, unchanged retry")
"""On a server, where a point takes a second."""


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("kill-points", request) as made:
        yield made


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(
            scenario, id=scenario.name.replace(" ", "-"),
            marks=pytest.mark.full("postgres") if scenario.name in LONGEST else [],
        )
        for scenario in SCENARIOS
    ],
)  # fmt: skip
def test_killed_at_any_point_the_next_one_goes_on(
    grounds: Grounds, scenario: Scenario, table: Table, tried: set[str], request: pytest.FixtureRequest
) -> None:
    begun = time.monotonic()
    points, found = swept(grounds, scenario, None if request.config.getoption("--full") else tried)
    wrong = {point: said for point, said in found.items() if said}
    table.add(grounds.name, scenario.name, points, len(found), len(wrong), time.monotonic() - begun)
    assert wrong == {}, "\n".join(f"{point}: {'; '.join(said)}" for point, said in wrong.items())
