"""A process killed in the middle: the next one goes on, nothing finished is made again."""

from collections import Counter
from pathlib import Path

from tests.databases import Database
from tests.process import serving_on

SLOW = {
    "CAIRN_MODEL": "simulated",
    "CAIRN_LEASE_SECONDS": "3",
    "CAIRN_SIMULATED_DELAY": "0.1",
    "CAIRN_SIMULATED_CONCEPTS": "12",
}
NATURAL_KEYS = {
    "intent_analysis_metadata": "task_id",
    "curriculum_design_metadata": "task_id",
    "structure_validation_metadata": "task_id, run, round",
    "roadmaps": "roadmap_id",
    "tutorial_metadata": "roadmap_id, concept_id",
    "resource_recommendation_metadata": "roadmap_id, concept_id",
    "quiz_metadata": "roadmap_id, concept_id",
}


def test_a_killed_generation_goes_on_by_itself(database: Database, tmp_path: Path) -> None:
    calls = tmp_path / "calls.log"
    settings = {**SLOW, "CAIRN_SIMULATED_LOG": str(calls)}
    with serving_on(database, **settings) as first:
        status, made = first.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        assert status == 202
        ready = 0
        for _seq, kind, _data in first.events(made["task_id"]):
            ready += kind == "piece_ready"
            if ready == 9:
                first.kill()
                break
    stood = pieces_in(database)
    with serving_on(database, **settings) as second:
        seqs = [seq for seq, _, _ in second.events(made["task_id"])]
        _, task = second.call("GET", f"/api/v1/tasks/{made['task_id']}")
        assert task["status"] == "completed"
        assert task["pieces"] == {"ready": 36, "total": 36, "failed": 0}
        assert seqs == list(range(1, len(seqs) + 1)), "events without hole or repeat"
        for table, key in NATURAL_KEYS.items():
            doubled = second.rows(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1")
            assert doubled == []
            assert second.rows(f"SELECT count(*) FROM {table} WHERE rev <> 1") == [(0,)], table
        assert '"task_recovered"' in second.log()
    started = Counter(line.split()[1] for line in calls.read_text().splitlines() if line.startswith("start"))
    again = {key.split("/")[1] for key, times in started.items() if times > 1}
    assert again.isdisjoint(stood), "a finished call was made again"
    assert len(stood) >= 9


def pieces_in(database: Database) -> set[str]:
    """What a dead process left: the products that stand, as their calls are named."""
    tables = {"tutorial": "tutorial", "resources": "resource_recommendation", "quiz": "quiz"}
    return {
        f"{thought}:{concept}"
        for thought, table in tables.items()
        for (concept,) in database.rows(f"SELECT concept_id FROM {table}_metadata")
    }
