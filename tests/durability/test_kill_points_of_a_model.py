"""The kill-point sweep once more, with a model as the author: its calls are real requests over HTTP.

The server is a process of its own, so it outlives whoever is killed, and its count is the judge.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from cairn.authors.model.author import ModelAuthor
from cairn.search.finding import Finder
from tests.durability.actor import on_stage
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import stage_on
from tests.durability.scenarios import Scenario, first_generation
from tests.durability.sweeping import swept
from tests.durability.tables import Table
from tests.models.by_hand import by_hand
from tests.models.counting import JOURNAL, logged, unexplained

PRODUCTS = (
    "intent_analysis_metadata", "curriculum_design_metadata", "structure_validation_metadata", "roadmaps",
    "tutorial_metadata", "resource_recommendation_metadata", "quiz_metadata",
)  # fmt: skip


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with Table.kept("kill-points-of-a-model", request) as made:
        yield made


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of a fault server which this process and its children are told to ask."""
    path = tmp_path / "requests"
    with by_hand("--concepts", "3", "--log", str(path)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield path


def author_in(folder: Path) -> ModelAuthor:
    """Its key is the name of the ground: so the server tells the grounds apart."""
    os.environ["OPENAI_API_KEY"] = folder.name
    return ModelAuthor("openai-chat:x", {}, lambda: datetime.now(UTC).date(), Finder("none"))


def warm_up(grounds: Grounds) -> None:
    """One course in this process: what a client imports and builds once, no child has to."""
    with grounds.copy(None) as ground:
        asyncio.run(on_stage(stage_on(ground, author_in=author_in), first_generation))


def miscounted(log: Path, ground: Ground) -> list[str]:
    """Whatever of the requests, and of the products made of them, is not there once."""
    came = [one for one in logged(log) if one.key == ground.folder.name]
    written = {name: ground.rows(f"SELECT rev FROM {name}") for name in PRODUCTS}
    twice = [
        f"{name} was written {rev} times" for name, rows in written.items() for (rev,) in rows if rev > 1
    ]
    return [*unexplained(ground.rows(JOURNAL), came), *twice]


@pytest.mark.full("postgres")
def test_killed_at_any_point_no_answered_request_is_sent_again(
    grounds: Grounds, log: Path, table: Table, tried: set[str], request: pytest.FixtureRequest
) -> None:
    begun = time.monotonic()
    warm_up(grounds)
    scenario = Scenario(
        "first generation by a model", None, first_generation, author_in, partial(miscounted, log)
    )
    points, found = swept(grounds, scenario, None if request.config.getoption("--full") else tried)
    wrong = {point: said for point, said in found.items() if said}
    table.add(grounds.name, scenario.name, points, len(found), len(wrong), time.monotonic() - begun)
    assert wrong == {}, "\n".join(f"{point}: {'; '.join(said)}" for point, said in wrong.items())
    assert len(logged(log)) >= len(found) * (3 + 3 * 4), "the calls went by way of the server"
