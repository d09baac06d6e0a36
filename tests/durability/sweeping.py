"""A scenario killed at its points, each time followed by a process that goes on."""

from functools import partial

from tests.durability.actor import Point
from tests.durability.beside import beside_each_other
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play, sample, undisturbed
from tests.durability.scenarios import Scenario
from tests.durability.verdicts import Outcome, faults, outcome_on

Found = dict[Point, list[str]]


def swept(grounds: Grounds, scenario: Scenario, tried: set[str] | None) -> tuple[int, Found]:
    """How many points there are, and for each that was chosen what was wrong at the end. `tried`: the kinds
    of points that were; None chooses all."""
    with grounds.copy(None) as prepared:
        if scenario.prepare:
            assert play(prepared, scenario.prepare) == 0
        wanted, points = undisturbed(grounds, prepared, scenario)
        chosen = points if tried is None else sample(points, scenario.name, tried)
        found = beside_each_other(
            [partial(killed_at, grounds, prepared, scenario, point, wanted) for point in chosen]
        )
    return len(points), dict(zip(chosen, found, strict=True))


def killed_at(
    grounds: Grounds, prepared: Ground, scenario: Scenario, point: Point, wanted: Outcome
) -> list[str]:
    with grounds.copy(prepared) as ground:
        if play(ground, scenario.act, point, author_in=scenario.author_in) == 0:
            return ["the point was not reached"]
        grounds.expire_leases(ground)
        if play(ground, scenario.act, author_in=scenario.author_in) != 0:
            return ["the successor did not come to its end"]
        return [*faults(wanted, outcome_on(ground), ground), *scenario.also(ground)]
