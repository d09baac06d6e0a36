"""As a person would see it, by real processes: a provider that fails often, and one that dies with Cairn."""

import random
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from tests.databases import Database
from tests.models.by_hand import by_hand
from tests.models.counting import JOURNAL, logged, unexplained
from tests.models.server import PROTOCOLS
from tests.process import Served, cairn, free_port, serving

GOAL = "Learn to bake sourdough bread"
SEED = 5


@pytest.mark.parametrize("protocol", ["openai-chat", pytest.param("google", marks=pytest.mark.full)])
def test_where_a_fifth_of_the_answers_are_bad_there_is_a_course(
    tmp_path: Path, protocol: str, request: pytest.FixtureRequest
) -> None:
    """`--full`: by a seed that nobody has tried. What is not whole has its cause."""
    seed = random.randrange(10**6) if request.config.getoption("--full") else SEED
    words = ("--faults", "0.2", "--seed", str(seed), "--concepts", "3", "--log", str(tmp_path / "log"))
    folder = tmp_path / "data"
    with by_hand(*words, speaks=PROTOCOLS[protocol]) as server:
        print(server.about_faults)
        done = cairn(folder, "learn", GOAL, CAIRN_MODEL_TIMEOUT="10", **server.environment)
        count = server.stop()
    stored = Database(folder)
    [(status,)] = stored.rows("SELECT status FROM roadmap_tasks")
    gaps = stored.rows("SELECT cause FROM piece_failures")
    assert status == ("completed_with_gaps" if gaps else "completed"), f"{seed}: {done.stdout}"
    assert all(cause for (cause,) in gaps)
    journal = stored.rows(JOURNAL)
    assert count == len(journal) > 15
    assert len(journal) == len(logged(tmp_path / "log"))
    assert unexplained(journal, logged(tmp_path / "log")) == []
    assert "started" not in {state for _, state, _ in journal}


def until_ready(served: Served, task_id: str, after: int, pieces: int) -> int:
    """The number of the event that tells of so many pieces more."""
    with closing(served.events(task_id, after)) as events:  # type: ignore[type-var]
        ready = (seq for seq, kind, _ in events if kind == "piece_ready")
        return next(islice(ready, pieces - 1, None))


def test_a_slow_provider_is_killed_and_then_cairn_with_it(tmp_path: Path) -> None:
    """Each with calls in flight, and started again. Few calls wait, so that the provider is back before it is
    left alone for a minute."""
    folder, log = tmp_path / "data", tmp_path / "log"
    words = ("--port", str(free_port()), "--delay", "0.3", "--concepts", "3", "--log", str(log))
    with by_hand(*words) as first:
        settings = {**first.environment, "CAIRN_MODEL_CONCURRENCY": "2"}
        with serving(folder, **settings) as served:
            _, task = served.call("POST", "/api/v1/generation/roadmap", {"query": GOAL})
            seq = until_ready(served, task["task_id"], 0, 1)
            first.kill()
            with by_hand(*words) as second:
                seq = until_ready(served, task["task_id"], seq, 2)
                served.kill()
                second.kill()
    with by_hand(*words) as third, serving(folder, **settings) as served:
        list(served.events(task["task_id"], seq))
        _, task = served.call("GET", f"/api/v1/tasks/{task['task_id']}")
        last = third.stop()
    assert task["status"] == "completed"
    journal, came = Database(folder).rows(JOURNAL), logged(log)
    assert unexplained(journal, came) == []
    answered = [key for key, state, _ in journal if state == "answered"]
    assert len(answered) == len(set(answered)) == 3 + 3 * 4
    assert len(answered) < len(journal), "something was under way at the kills"
    assert 0 < last < len(came)
    assert task["cost"]["calls"] == len(journal)
