"""A rolling update: the schema of tomorrow under programs of today and of tomorrow, as real processes."""

from dataclasses import replace
from pathlib import Path

import pytest

from cairn import __version__
from cairn.domain.errors import Unusable
from cairn.store import chain
from cairn.store.migrate import upgrade_postgres
from tests.databases import Database
from tests.newer import SCHEMA, TOMORROW, chain_of_tomorrow, program_of_tomorrow
from tests.postgres import Postgres
from tests.process import Served, cairn, serving_on

COURSE = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "60"}
SLOW = {**COURSE, "CAIRN_SIMULATED_DELAY": "0.4", "CAIRN_MODEL_CONCURRENCY": "1"}


def ask(served: Served, goal: str) -> str:
    status, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert status == 202, made
    return str(made["task_id"])


def completed(served: Served, task_id: str) -> bool:
    assert [kind for _, kind, _ in served.events(task_id)][-1] == "task_ended"
    _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    return bool(task["status"] == "completed" and task["pieces"] == {"ready": 180, "total": 180, "failed": 0})


def test_old_and_new_programs_make_courses_side_by_side(on_postgres: Database, tmp_path: Path) -> None:
    new = program_of_tomorrow(tmp_path)
    here = on_postgres.environment
    too_early = cairn(on_postgres.folder, "list", **new, **here)
    assert (too_early.returncode, "cairn db upgrade" in too_early.stderr) == (1, True)
    elsewhere = replace(on_postgres, folder=tmp_path / "elsewhere")
    with serving_on(on_postgres, **SLOW) as old:
        under_way = ask(old, "Learn Redis")
        next(kind for _, kind, _ in old.events(under_way) if kind == "piece_ready")
        upgraded = cairn(on_postgres.folder, "db", "upgrade", **new, **here)
        assert (upgraded.returncode, SCHEMA in upgraded.stdout) == (0, True), upgraded.stderr
        with serving_on(elsewhere, **new, **COURSE) as tomorrow:
            assert tomorrow.call("GET", "/api/v1/openapi.json")[1]["info"]["version"] == TOMORROW
            by_new = ask(tomorrow, "Learn Go")
            assert completed(tomorrow, by_new)
            status, ready = old.call("GET", "/readyz")
            assert (status, "newer schema" in ready["parts"]["database"]["said"]) == (200, True), ready
            [(seq,)] = on_postgres.rows(f"SELECT last_seq FROM roadmap_tasks WHERE task_id = '{under_way}'")
            assert next(kind for _, kind, _ in old.events(under_way, seq) if kind == "piece_ready")
            assert "task_left" not in old.log()
            old.stop()
            assert completed(tomorrow, under_way), "handed over by the old to the new"
            for served in (old, tomorrow):
                assert '"level":"error"' not in served.log()
                assert "Traceback" not in served.log()
    # An old program that starts now finds a schema it does not know.
    with serving_on(on_postgres, **COURSE) as old:
        assert completed(old, ask(old, "Learn SQL"))
        assert old.call("POST", f"/api/v1/generation/retry/{by_new}", {"query": "Learn Go well"})[0] == 202
        assert completed(old, by_new)
    for task_id in (under_way, by_new):
        assert cairn(on_postgres.folder, "doctor", "--task", task_id, **here).returncode == 0
    told = cairn(on_postgres.folder, "db", "upgrade", **here)
    assert (told.returncode, "newer schema, which admits this program" in told.stdout) == (0, True)


def test_a_file_of_tomorrow_is_worked_on_by_today(tmp_path: Path) -> None:
    new, file = program_of_tomorrow(tmp_path), Database(tmp_path / "data")
    for program in ({}, new, {}, new):  # to and fro
        learnt = cairn(file.folder, "learn", "Learn Redis", **program, **COURSE)
        assert learnt.returncode == 0, learnt.stderr
    assert file.rows("SELECT status, colour FROM roadmap_tasks") == [("completed", None)] * 4
    assert cairn(file.folder, "doctor").returncode == 0


def test_a_program_older_than_the_oldest_admitted_is_refused(database: Database, tmp_path: Path) -> None:
    new, here = program_of_tomorrow(tmp_path, raises=True), database.environment
    assert cairn(database.folder, "db", "upgrade", **new, **here).returncode == 0
    for words in (
        ["list"],
        ["serve", "--port", "0"],
        ["db", "upgrade"],
        ["db", "backup", str(tmp_path / "b")],
    ):
        refused = cairn(database.folder, *words, **here)
        assert refused.returncode == 1
        assert f"admits no Cairn older than {TOMORROW}; this is {__version__}" in refused.stderr
        assert f"Update Cairn to {TOMORROW}" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert cairn(database.folder, "list", **new, **here).returncode == 0


def test_an_upgrade_waits_for_a_table_without_holding_up_the_workers(
    on_postgres: Database, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As beside a long backup: it gives way, and says so."""
    monkeypatch.setattr(chain, "MIGRATIONS", chain_of_tomorrow(tmp_path))
    assert on_postgres.url
    reading = postgres.hold_row(on_postgres.name, "SELECT count(*) FROM roadmap_tasks")
    with pytest.raises(Unusable, match="perhaps a backup"):
        upgrade_postgres(on_postgres.url, wait=0)
    reading.close()
    upgrade_postgres(on_postgres.url, wait=0)
    assert on_postgres.rows("SELECT version_num FROM alembic_version") == [(SCHEMA,)]
