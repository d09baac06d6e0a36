"""Checkpoints hold a position, never a product: whatever becomes of them, the run completes and no call whose
answer was stored is made again. Real processes are killed, the database is harmed, the next goes on."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import cycle

import pytest

from tests.durability.actor import Point, Stage
from tests.durability.beside import beside_each_other
from tests.durability.damage import DAMAGES, Damage
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play, points_in
from tests.durability.scenarios import first_generation
from tests.durability.tables import Table
from tests.durability.verdicts import Outcome, faults, outcome_on


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("checkpoints", request) as made:
        yield made


def sample(points: list[Point], damages: list[Damage]) -> list[tuple[Point, Damage]]:
    """The last point of each kind that lies after a commit or call, with one damage after the other."""
    kinds = {point.kind: point for point in points if point.when == "after"}
    return list(zip(kinds.values(), cycle(damages), strict=False))


def test_whatever_becomes_of_the_checkpoints_the_run_completes(
    grounds: Grounds, table: Table, request: pytest.FixtureRequest
) -> None:
    begun = time.monotonic()
    damages = [damage for damage in DAMAGES if grounds.name in damage.on]
    with grounds.copy(None) as empty, grounds.copy(empty) as ground:
        assert play(ground, first_generation) == 0
        undisturbed = outcome_on(ground)
        assert undisturbed.broken == []
        points = points_in(ground.folder / "trace")
        every = [(point, damage) for point in points for damage in damages]
        chosen = every if request.config.getoption("--full") else sample(points, damages)
        found = beside_each_other(
            [partial(harmed_at, grounds, empty, point, damage, undisturbed) for point, damage in chosen]
        )
    wrong = [
        f"{damage.name} {point}: {'; '.join(said)}"
        for (point, damage), (_, said) in zip(chosen, found, strict=True)
        if said
    ]
    harmed = Counter[str]()
    for (_, damage), (how_much, _) in zip(chosen, found, strict=True):
        harmed[damage.name] += how_much
    for damage in damages:
        each = [said for (_, one), (_, said) in zip(chosen, found, strict=True) if one is damage]
        failed = sum(1 for said in each if said)
        table.add(grounds.name, damage.name, len(points), len(each), failed, time.monotonic() - begun)
        assert harmed[damage.name] > 0, f"{damage.name}: there was nothing to lose at any point"
    assert wrong == [], "\n".join(wrong)


def harmed_at(
    grounds: Grounds, empty: Ground, point: Point, damage: Damage, undisturbed: Outcome
) -> tuple[int, list[str]]:
    """How much was harmed, and what was wrong in the end."""

    async def act(stage: Stage) -> None:
        damage.before(stage)
        await first_generation(stage)

    with grounds.copy(empty) as ground:
        if play(ground, act, point) == 0:
            return 0, ["the point was not reached"]
        harmed = damage.after(ground, random.Random(f"{point} {damage.name}"))
        grounds.expire_leases(ground)
        if play(ground, first_generation) != 0:
            return harmed, ["the successor did not come to its end"]
        return harmed, faults(undisturbed, outcome_on(ground), ground)
