"""The numbers a process tells: of itself, and of the database for all."""

import re
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from tests.databases import Database
from tests.process import serving_on
from tests.scraping import scraped, text_at, until

ASK = "/api/v1/generation/roadmap"
FEW = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "3"}
LABELS = {"status", "outcome", "step", "thought", "direction", "le", "version", "python"}


def test_a_course_is_told_in_numbers(database: Database) -> None:
    with serving_on(database, **FEW) as served:
        _, made = served.call("POST", ASK, {"query": "Learn Redis"})
        assert [kind for _, kind, _ in served.events(made["task_id"])][-1] == "task_ended"
        told = until(served.url, lambda found: found.get('cairn_runs_ended_total{outcome="completed"}') == 1)
        assert told['cairn_tasks{status="completed"}'] == 1
        assert told['cairn_tasks{status="queued"}'] == told["cairn_queue_tasks"] == 0
        assert told["cairn_model_calls_repaid_total"] == told["cairn_refused_writes_total"] == 0
        assert told["cairn_lease_losses_total"] == told["cairn_writer_queue_writes"] == 0
        assert told["cairn_database_up"] == 1
        steps = {"intent_analysis": 1, "curriculum_design": 1, "publish": 1, "write_concept": 3}
        for step, times in steps.items():
            assert told[f'cairn_step_duration_seconds_count{{step="{step}"}}'] == times
        rows = served.rows("SELECT product FROM model_calls WHERE state = 'answered'")
        calls = Counter(product.partition(":")[0] for (product,) in rows)
        assert calls["tutorial"] == 3
        for thought, times in calls.items():
            assert told[f'cairn_model_calls_total{{outcome="answered",thought="{thought}"}}'] == times

        served.call("POST", f"/api/v1/generation/retry/{made['task_id']}")
        again = until(served.url, lambda found: found['cairn_runs_ended_total{outcome="completed"}'] == 2)
        for step, times in steps.items():  # what is found and not made says nothing of how long it takes
            assert again[f'cairn_step_duration_seconds_count{{step="{step}"}}'] == times

        text, content_type = text_at(served.url)
        assert content_type.startswith("text/plain; version=0.0.4")
        assert set(re.findall(r'[{,](\w+)="', text)) <= LABELS, "no label takes a value for each task"
        assert made["task_id"] not in text
        text, content_type = text_at(served.url, "application/openmetrics-text; version=1.0.0")
        assert content_type.startswith("application/openmetrics-text; version=1.0.0")
        assert {family.name for family in openmetrics(text)} >= {"cairn_tasks", "cairn_model_cost_usd"}


def test_a_queue_that_nobody_works_on_is_seen(database: Database) -> None:
    with serving_on(database, words=["--no-worker"], **FEW) as served:
        for goal in ("Learn Redis", "Learn Rust"):
            assert served.call("POST", ASK, {"query": goal})[0] == 202
        told = scraped(served.url)
        assert told["cairn_queue_tasks"] == told['cairn_tasks{status="queued"}'] == 2
        assert told["cairn_queue_oldest_seconds"] > 0
        assert "cairn_runs_in_flight" not in told
        assert not any("cost" in name for name in told), "none of a process that pays nothing"


def test_what_a_cancel_cuts_off_is_counted_as_refused(database: Database) -> None:
    with serving_on(database, **FEW, CAIRN_SIMULATED_DELAY="0.5") as served:
        _, made = served.call("POST", ASK, {"query": "Learn Redis"})
        next(kind for _, kind, _ in served.events(made["task_id"]) if kind == "step_started")
        assert served.call("POST", f"/api/v1/tasks/{made['task_id']}/cancel")[0] == 202
        told = until(served.url, lambda found: found["cairn_refused_writes_total"] > 0)
        told = until(served.url, lambda found: 'cairn_runs_ended_total{outcome="superseded"}' in found)
        assert told["cairn_lease_losses_total"] == 0, "no lease ran out"


@pytest.mark.full
def test_a_process_frozen_past_its_lease_tells_what_it_lost(on_postgres: Database, tmp_path: Path) -> None:
    settings = {
        "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.3", "CAIRN_SIMULATED_CONCEPTS": "24",
        "CAIRN_LEASE_SECONDS": "3",
    }  # fmt: skip
    elsewhere = replace(on_postgres, folder=tmp_path / "elsewhere")
    with serving_on(on_postgres, **settings) as one, serving_on(elsewhere, **settings) as other:
        _, made = one.call("POST", ASK, {"query": "Learn Redis"})
        next(kind for _, kind, _ in one.events(made["task_id"]) if kind == "piece_ready")
        zombie, heir = (one, other) if '"task_claimed"' in one.log() else (other, one)
        before = scraped(zombie.url)
        assert before["cairn_runs_in_flight"] == before['cairn_tasks{status="running"}'] == 1
        zombie.process.send_signal(signal.SIGSTOP)
        try:
            assert [kind for _, kind, _ in heir.events(made["task_id"])][-1] == "task_ended"
        finally:
            zombie.process.send_signal(signal.SIGCONT)
        lost = ("cairn_lease_losses_total", "cairn_refused_writes_total")
        ended = [f'cairn_runs_ended_total{{outcome="{how}"}}' for how in ("superseded", "out_of_reach")]
        after = until(
            zombie.url,
            lambda found: (
                all(found[name] > before[name] for name in lost)
                and sum(found.get(name, 0) for name in ended) == 1
            ),
        )
        late = [
            found["cairn_event_loop_lag_seconds_count"]
            - found['cairn_event_loop_lag_seconds_bucket{le="1.0"}']
            for found in (before, after)
        ]
        assert late[1] > late[0], "the loop stood still"
