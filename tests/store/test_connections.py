"""How many connections processes hold, and what room a server has for more."""

from collections import Counter

import pytest

from cairn.store.connections import BESIDE, SERVE, WORKER, Room, room_of
from tests.databases import Database
from tests.postgres import Postgres
from tests.process import cairn, serving_on
from tests.scraping import until

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "12"}


@pytest.mark.parametrize(
    ("room", "more"),
    [
        (Room(limit=97, used=0, ours=0, at_work=0, beside=0), 97 // WORKER),
        (Room(limit=97, used=60, ours=0, at_work=0, beside=0), 37 // WORKER),
        (Room(limit=SERVE + WORKER, used=2, ours=2, at_work=1, beside=0), 1),
        (Room(limit=SERVE + WORKER - 1, used=2, ours=2, at_work=1, beside=0), 0),
        (Room(limit=BESIDE + WORKER, used=1, ours=1, at_work=0, beside=1), 1),
        (Room(limit=5, used=9, ours=0, at_work=0, beside=0), 0),
    ],
)
def test_what_runs_may_grow_to_all_it_may_hold(room: Room, more: int) -> None:
    assert room.more(WORKER) == more


def test_the_doctor_tells_what_runs_and_what_still_fits(on_postgres: Database, postgres: Postgres) -> None:
    assert on_postgres.url
    with postgres.connect() as session:
        row = session.execute("SHOW superuser_reserved_connections").fetchone()
    assert row
    limit = 200 - int(row[0])
    with (
        serving_on(on_postgres, **FAST) as at_work,
        serving_on(on_postgres, 0, ["--no-worker"], **FAST) as beside,
    ):
        _, made = beside.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        assert [kind for _, kind, _ in at_work.events(made["task_id"])][-1] == "task_ended"
        until(at_work.url, lambda found: found["cairn_writer_queue_writes"] == 0)
        room = room_of(on_postgres.url)
        assert (room.limit, room.at_work, room.beside) == (limit, 1, 1)
        assert room.used >= room.ours > 0
        held = Counter[str]()
        with postgres.connect() as session:
            for (name,) in session.execute(
                "SELECT application_name FROM pg_stat_activity WHERE datname = %s", (on_postgres.name,)
            ):
                held[name.split()[1]] += 1
        assert held.total() <= SERVE + BESIDE, held
        looked = cairn(on_postgres.folder, "doctor", **on_postgres.environment)
        assert looked.returncode == 0
        assert f"ok   connections  {limit} for programs" in looked.stdout
        assert "1 running tasks, 1 others" in looked.stdout

        with postgres.connect() as session:
            session.execute(f"ALTER DATABASE {on_postgres.name} CONNECTION LIMIT {SERVE + BESIDE + 2}")  # type: ignore[arg-type]
        looked = cairn(on_postgres.folder, "doctor", **on_postgres.environment)
        assert looked.returncode == 1
        assert f"BAD  connections  {SERVE + BESIDE + 2} for programs" in looked.stdout
        assert "would not fit" in looked.stdout
