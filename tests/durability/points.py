"""The crossings of a scenario, found by playing it undisturbed, and a sample of them."""

import os
import random
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.durability.actor import Point, Stage, fork
from tests.durability.grounds import Ground, Grounds
from tests.durability.scenarios import Play, Scenario
from tests.durability.verdicts import Outcome, outcome_on

FEW = 6


def play(ground: Ground, part: Play, stop_at: Point | None = None, **more: object) -> int:
    """How the actor ended: 0, or minus the signal that ended it. `more` of its stage."""
    _, status = os.waitpid(fork(stage_on(ground, stop_at=stop_at, **more), part), 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), (ground.folder / "errors").read_text()
    return code


def stage_on(ground: Ground, **more: object) -> Stage:
    return Stage(ground.settings, ground.url is None, ground.folder, **more)  # type: ignore[arg-type]


def undisturbed(grounds: Grounds, prepared: Ground, scenario: Scenario) -> tuple[Outcome, list[Point]]:
    """The end of the scenario and its points, which are the same in every run."""
    points: list[Sequence[Point]] = []
    for _ in range(2):
        with grounds.copy(prepared) as ground:
            assert play(ground, scenario.act, author_in=scenario.author_in) == 0
            outcome = outcome_on(ground)
            assert outcome.broken == []
            points.append(points_in(ground.folder / "trace"))
    assert set(points[0]) == set(points[1]), "the same points in every run"
    assert len(points[0]) == len(set(points[0]))
    return outcome, list(points[0])


def points_in(trace: Path) -> list[Point]:
    lines = [line.split("\t") for line in trace.read_text().splitlines()]
    return [Point(name, when, int(nth)) for when, name, nth in lines]


def sample(points: Sequence[Point], seed: str, tried: set[str]) -> list[Point]:
    """One of each kind that was not `tried` yet, not always the first, and a few of the others. `tried` holds
    the kinds of the scenarios before this one."""
    kinds: dict[str, list[Point]] = {}
    for point in points:
        kinds.setdefault(point.kind, []).append(point)
    seeded = random.Random(seed)
    again = [kind for kind in kinds if kind in tried]
    chosen = {kind for kind in kinds if kind not in tried} | set(seeded.sample(again, min(FEW, len(again))))
    tried |= chosen
    return [seeded.choice(same) for kind, same in kinds.items() if kind in chosen]
