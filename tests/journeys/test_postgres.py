"""PostgreSQL as people run it: an upgrade by command, refusals in one sentence, a restart in the middle."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.databases import Database
from tests.postgres import Postgres
from tests.process import cairn, serving_on

SECRET = "s3cret"
EACH = [["list"], ["serve", "--port", "0"], ["db", "upgrade"], ["doctor"]]


@pytest.fixture
def empty(postgres: Postgres, tmp_path: Path) -> Iterator[Database]:
    yield Database(tmp_path / "data", postgres.create("empty"))
    postgres.drop("empty")


def test_an_empty_database_is_refused_until_it_is_upgraded(empty: Database, postgres: Postgres) -> None:
    for words in (["serve", "--port", "0"], ["learn", "Learn Redis"]):
        refused = cairn(empty.folder, *words, **empty.environment)
        assert refused.returncode == 1
        assert "cairn db upgrade" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert empty.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    assert "BAD  database" in cairn(empty.folder, "doctor", **empty.environment).stdout
    upgraded = [cairn(empty.folder, "db", "upgrade", **empty.environment) for _ in range(2)]
    assert [done.returncode for done in upgraded] == [0, 0], upgraded[0].stderr
    assert "today's schema" in upgraded[1].stdout
    looked = cairn(empty.folder, "doctor", **empty.environment)
    assert looked.returncode == 0
    assert f"PostgreSQL {postgres.version}" in looked.stdout
    made = cairn(empty.folder, "learn", "Learn Redis", CAIRN_MODEL="simulated", **empty.environment)
    assert made.returncode == 0, made.stderr
    assert not empty.folder.exists(), "nothing is stored in the data folder"

    with postgres.connect("empty") as session:
        session.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (["list"], ["db", "upgrade"]):
        admitted = cairn(empty.folder, *words, **empty.environment)
        assert admitted.returncode == 0, admitted.stderr
    with postgres.connect("empty") as session:
        session.execute("UPDATE oldest_program SET version = '99.1.0'")
    for words in (["list"], ["db", "upgrade"]):
        newer = cairn(empty.folder, *words, **empty.environment)
        assert newer.returncode == 1
        assert "admits no Cairn older than 99.1.0" in newer.stderr


def test_checkpoints_of_an_older_langgraph_hold_up_who_runs_tasks_alone(
    on_postgres: Database, postgres: Postgres
) -> None:
    with postgres.connect(on_postgres.name) as session:
        session.execute("DELETE FROM checkpoint_migrations WHERE v > 5")
    where = on_postgres.environment
    served = cairn(on_postgres.folder, "serve", "--port", "0", **where)
    assert (served.returncode, "Run `cairn db upgrade`." in served.stderr) == (1, True)
    assert "BAD  database" in cairn(on_postgres.folder, "doctor", **where).stdout
    assert cairn(on_postgres.folder, "list", **where).returncode == 0
    assert cairn(on_postgres.folder, "db", "upgrade", **where).returncode == 0
    assert cairn(on_postgres.folder, "doctor", **where).returncode == 0


def test_several_upgrades_at_once_are_one(empty: Database) -> None:
    outcomes: list[int] = []

    def upgrade() -> None:
        outcomes.append(cairn(empty.folder, "db", "upgrade", **empty.environment).returncode)

    several = [threading.Thread(target=upgrade) for _ in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert outcomes == [0, 0, 0]


@pytest.mark.parametrize(
    ("url", "said", "commands"),
    [
        (
            f"postgresql+asyncpg://cairn:{SECRET}@localhost:1/none",
            "none at localhost:1 cannot be reached",
            EACH,
        ),
        (
            f"postgresql+asyncpg://cairn:{SECRET}@/none?host=/nowhere",
            "cannot be reached: No such file or directory.",
            EACH[:1],
        ),
        (f"mysql://cairn:{SECRET}@localhost/none", "CAIRN_DATABASE_URL cannot be used", EACH[:1]),
        (
            f"postgresql+asyncpg://cairn:{SECRET}@localhost:x/none",
            "CAIRN_DATABASE_URL cannot be used",
            EACH[:1],
        ),
        (f"postgresql+asyncpg://cairn:{SECRET}@localhost", "CAIRN_DATABASE_URL cannot be used", EACH[:1]),
    ],
)
def test_a_database_out_of_reach_is_told_in_a_sentence_without_the_password(
    tmp_path: Path, url: str, said: str, commands: list[list[str]]
) -> None:
    for words in commands:
        refused = cairn(tmp_path / "data", *words, CAIRN_DATABASE_URL=url, CAIRN_DATABASE_WAIT="0")
        told = refused.stdout + refused.stderr
        assert refused.returncode == 1
        assert said in told
        assert SECRET not in told
        assert "Traceback" not in told
    assert not (tmp_path / "data").exists()


def test_a_server_restarted_in_the_middle_costs_no_course(
    on_postgres: Database, postgres: Postgres, tmp_path: Path
) -> None:
    calls = tmp_path / "calls.log"
    settings = {
        "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.05", "CAIRN_SIMULATED_CONCEPTS": "24",
        "CAIRN_SIMULATED_LOG": str(calls),
    }  # fmt: skip
    with serving_on(on_postgres, **settings) as served:
        _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        for how in ("immediate", "fast", "immediate"):
            ready = 0
            for _, kind, _ in served.events(made["task_id"]):
                ready += kind == "piece_ready"
                if ready == (5 if how == "immediate" else 20):
                    break
            postgres.restart(how)
        seqs = [seq for seq, _, _ in served.events(made["task_id"])]
        assert seqs == list(range(1, len(seqs) + 1))
        _, task = served.call("GET", f"/api/v1/tasks/{made['task_id']}")
        assert (task["status"], task["epoch"]) == ("completed", 2), "in one claim"
        assert task["pieces"] == {"ready": 72, "total": 72, "failed": 0}
        assert "task_left" not in served.log()
    started = Counter(line for line in calls.read_text().splitlines() if line.startswith("start"))
    assert set(started.values()) == {1}, "no call was made again"


def test_of_two_processes_one_goes_on_for_the_other(on_postgres: Database, tmp_path: Path) -> None:
    settings = {
        "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.1", "CAIRN_SIMULATED_CONCEPTS": "24",
        "CAIRN_LEASE_SECONDS": "2",
    }  # fmt: skip
    elsewhere = replace(on_postgres, folder=tmp_path / "elsewhere")
    with serving_on(on_postgres, **settings) as one, serving_on(elsewhere, **settings) as other:
        _, made = one.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        next(kind for _, kind, _ in one.events(made["task_id"]) if kind == "piece_ready")
        claimed = [served for served in (one, other) if '"task_claimed"' in served.log()]
        assert len(claimed) == 1
        heir = other if claimed == [one] else one
        claimed[0].kill()
        assert [kind for _, kind, _ in heir.events(made["task_id"])][-1] == "task_ended"
        assert '"task_recovered"' in heir.log()
        _, task = heir.call("GET", f"/api/v1/tasks/{made['task_id']}")
        assert task["pieces"] == {"ready": 72, "total": 72, "failed": 0}
