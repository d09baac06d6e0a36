"""The three scenarios the product was built for, with real processes and real races.

A worker killed in curriculum design; a failed task retried; many saves of one task at once. Beside the last
stands the usual cure, look and then write, in the same race.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from cairn.domain.errors import Superseded
from tests.databases import Database
from tests.durability.saves import TABLES, rows, save
from tests.durability.usual_cure import UsualCure
from tests.process import Served, serving_on
from tests.store.test_fenced import claim, claimed

CONCEPTS = 3
PIECES = {"ready": 3 * CONCEPTS, "total": 3 * CONCEPTS, "failed": 0}
SETTINGS = {
    "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": str(CONCEPTS), "CAIRN_LEASE_SECONDS": "3",
}  # fmt: skip
SLOW = {**SETTINGS, "CAIRN_SIMULATED_DELAY": "3"}
SILENT = {**SETTINGS, "CAIRN_SIMULATED_DELAY": "600", "CAIRN_MODEL_TIMEOUT": "0.2"}


def ask(served: Served, goal: str) -> str:
    status, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert status == 202
    return str(made["task_id"])


def killed_in_curriculum_design(database: Database) -> str:
    """The id of a task whose worker died there."""
    with serving_on(database, **SLOW) as first:
        task_id = ask(first, "Learn Redis")
        for _, kind, data in first.events(task_id):
            if kind == "step_started" and data["step"] == "curriculum_design":
                first.kill()
                break
    assert database.rows("SELECT parsed_goal, rev FROM intent_analysis_metadata") == [
        ("Learn Redis: the whole path, from the first steps to advanced work.", 1)
    ]
    assert database.rows("SELECT count(*) FROM curriculum_design_metadata") == [(0,)], "killed in it"
    return task_id


def logged(served: Served, task_id: str) -> list[dict[str, Any]]:
    """What this process and those before it on the same folder said of the task."""
    lines = [json.loads(line) for line in served.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("task_id") == task_id]


def after(lines: list[dict[str, Any]], event: str) -> list[str]:
    """The names of what was said once `event` was."""
    names = [line["event"] for line in lines]
    return names[names.index(event) :]


def completed(served: Served, task_id: str) -> dict[str, Any]:
    seqs = [seq for seq, _, _ in served.events(task_id)]
    assert seqs == list(range(1, len(seqs) + 1)), "events without hole or repeat"
    _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    assert (task["status"], task["pieces"]) == ("completed", PIECES)
    return task


def test_killed_in_curriculum_design_the_intent_is_found_and_kept(database: Database) -> None:
    task_id = killed_in_curriculum_design(database)
    [stood] = database.rows("SELECT * FROM intent_analysis_metadata")
    with serving_on(database, **SETTINGS) as second:
        task = completed(second, task_id)
        said = after(logged(second, task_id), "task_recovered")
    assert task["run"] == 1
    assert "intent_analysis_metadata_reused" in said
    kept = [name for name in said if name.startswith("intent_analysis_metadata")]
    assert set(kept) == {"intent_analysis_metadata_reused"}
    assert said.index("intent_analysis_metadata_reused") < said.index("curriculum_design_metadata_created")
    assert database.rows("SELECT * FROM intent_analysis_metadata") == [stood], "not touched"
    calls = "SELECT sent, state FROM model_calls WHERE product = 'intent'"
    assert database.rows(calls) == [(1, "answered")], "and not paid again"


def test_killed_in_curriculum_design_and_retried_with_a_changed_goal_the_intent_is_updated(
    database: Database,
) -> None:
    task_id = killed_in_curriculum_design(database)
    with serving_on(database, **{**SETTINGS, "CAIRN_SIMULATED_DELAY": "0.3"}) as second:
        for _, kind, data in second.events(task_id):
            if kind == "task_claimed" and data["attempts"] == 1:
                break
        assert second.call("POST", f"/api/v1/tasks/{task_id}/cancel")[0] == 202
        status, again = second.call(
            "POST", f"/api/v1/generation/retry/{task_id}", {"query": "Learn advanced Redis"}
        )
        assert (status, again["run"]) == (202, 2)
        completed(second, task_id)
        said = [line["event"] for line in logged(second, task_id) if line.get("run") == 2]
    of_intent = [name for name in said if name.startswith("intent_analysis_metadata")]
    assert of_intent == ["intent_analysis_metadata_updating", "intent_analysis_metadata_updated"]
    assert said.index("intent_analysis_metadata_updated") < said.index("curriculum_design_started")
    assert database.rows("SELECT parsed_goal, rev FROM intent_analysis_metadata") == [
        ("Learn Redis: the advanced level.", 2)
    ], "one row, the second revision of it"


class Form(HTMLParser):
    """The retry form of a task's page: where it goes, and what a browser without scripts would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given["action"].endswith("/retry")
            self.action = given["action"] if self.inside else self.action
        elif tag == "input" and self.inside:
            self.fields[given["name"]] = given["value"]


def browse(served: Served, path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
    """Where a browser lands, and the page it is shown."""
    data = None if fields is None else urlencode(fields).encode()
    headers = {"Accept": "text/html"}
    if data is not None:
        headers |= {"Origin": served.url, "Content-Type": "application/x-www-form-urlencoded"}
    with urlopen(Request(f"{served.url}{path}", data, headers), timeout=30) as answer:
        return answer.url.removeprefix(served.url), answer.read().decode()


def test_a_failed_task_is_retried_over_http_and_by_the_button(database: Database) -> None:
    """Failed for real: its author does not answer in time."""
    with serving_on(database, **SILENT) as silent:
        by_http, by_button = ask(silent, "Learn Redis"), ask(silent, "Learn Go")
        for task_id in (by_http, by_button):
            list(silent.events(task_id))
            _, task = silent.call("GET", f"/api/v1/tasks/{task_id}")
            assert (task["status"], task["error"]["code"]) == ("failed", "timeout")
    with serving_on(database, **SETTINGS) as answering:
        status, again = answering.call("POST", f"/api/v1/generation/retry/{by_http}")
        assert (status, again["run"], again["status"]) == (202, 2, "queued")
        assert "error" not in completed(answering, by_http)

        _, page = browse(answering, f"/tasks/{by_button}")
        assert "Failed." in page
        assert "did not answer within" in page
        form = Form(page)
        assert form.fields == {"query": "Learn Go"}
        landed, _ = browse(answering, form.action, form.fields)
        assert landed == f"/tasks/{by_button}"
        assert completed(answering, by_button)["run"] == 2
        _, page = browse(answering, landed)
        assert "Ready." in page
    retried = database.rows(
        "SELECT task_id, count(*) FROM task_events WHERE kind = 'task_retried' GROUP BY 1"
    )
    assert sorted(retried) == sorted([(by_http, 1), (by_button, 1)])


@pytest.mark.parametrize("number", [2, 10, 100])
def test_saves_at_once_of_every_product_are_one_row_each(database: Database, number: int) -> None:
    """Each saver has a writer and a connection of its own, as if each were a process."""

    async def race() -> None:
        async with database.writers(number) as (_, several):
            task = await claimed(several[0], seconds=0)
            await asyncio.gather(*(writer.move("connect", nothing) for writer in several))
            saves = [
                writer.write(save(task, row))
                for at, writer in enumerate(several)
                for row in rows(task, f"save {at}")
            ]
            revs = await asyncio.gather(*saves)
            assert len(revs) == number * len(TABLES)
            told = told_of_saves(database)
            assert set(told) == set(TABLES)
            for table, found in told.items():
                assert found == list(range(1, number + 1)), f"{table}: one created, the others updated"
            stood = standing(database)
            assert {(table, row["rev"], row["epoch"]) for table, row in stood} == {
                (table, number, task.epoch) for table in TABLES
            }
            assert len(stood) == len(TABLES), "one row each"
            seqs = [seq for [seq] in database.rows("SELECT seq FROM task_events ORDER BY seq")]
            assert seqs == list(range(1, 2 + number * len(TABLES) + 1)), "without hole or repeat"

            successor = await claim(several[0])
            assert successor.epoch == task.epoch + 1
            late = [
                writer.write(save(task, row))
                for at, writer in enumerate(several)
                for row in rows(task, f"late {at}", fresh=bool(at % 2))
            ]
            refused = await asyncio.gather(*late, return_exceptions=True)
            assert {type(one) for one in refused} == {Superseded}
            assert standing(database) == stood, "nothing changed, nothing came"
            assert told_of_saves(database) == told
            await asyncio.gather(*(several[-1].write(save(successor, row)) for row in rows(task, "newer")))
            assert {row["rev"] for _, row in standing(database)} == {number + 1}

    asyncio.run(race())


async def nothing(connection: object, told: object) -> None:
    """For a writer to be connected before a race begins."""


def told_of_saves(database: Database) -> dict[str, list[int]]:
    """For each table the revs its events told, in the order of the events."""
    found: dict[str, list[int]] = {}
    for [data] in database.rows("SELECT data FROM task_events WHERE kind = 'saved' ORDER BY seq"):
        said = json.loads(data)
        found.setdefault(said["table"], []).append(said["rev"])
    return found


def standing(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Every product row."""
    names = ("rev", "epoch", "fingerprint", "created_at", "updated_at")
    return [
        (table, dict(zip(names, row, strict=True)))
        for table in TABLES
        for row in database.rows(f"SELECT {', '.join(names)} FROM {table}")
    ]


@pytest.fixture
def cure(database: Database) -> Iterator[UsualCure]:
    with UsualCure.on(database) as made:
        yield made


@pytest.mark.parametrize("number", [2, 10])
def test_looking_before_the_write_fails_in_the_same_race(cure: UsualCure, number: int) -> None:
    """What is prevented: unique violations at the first save, and lost updates after it."""
    outcomes = Counter(type(error).__name__ for error in cure.save_at_once(number))
    assert outcomes == {"NoneType": 1, cure.unique_violation.__name__: number - 1}
    assert cure.row()[1] == 1
    assert cure.save_at_once(number) == [None] * number, "no error now, and yet"
    assert cure.row()[1] == 2, f"{number} were told of their success, one is there"


def test_looking_before_the_write_lets_a_late_worker_win(cure: UsualCure) -> None:
    cure.save("first")
    late = cure.look()
    cure.save("newer")
    cure.write("late", late)
    assert cure.row() == ("late", 2), "the newer work is gone, and its rev tells nothing of it"
