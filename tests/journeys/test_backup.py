"""Backups as people make and need them: of a course under way, restored elsewhere, and no zombie passes."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import Database, on_server
from tests.postgres import Postgres
from tests.process import Served, cairn, environment, serving_on
from tests.terminal import at_terminal

SLOW = {
    "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.6", "CAIRN_SIMULATED_CONCEPTS": "60",
    "CAIRN_MODEL_CONCURRENCY": "2",
}  # fmt: skip
"""Still under way when a command that was begun in the middle has come to its end."""
BRISK = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "60"}
"""The same course, without waiting."""
QUICK = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "4"}


def ask(served: Served, goal: str = "Learn Redis") -> str:
    status, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert status == 202
    return str(made["task_id"])


def until_ready(served: Served, task_id: str, pieces: int) -> None:
    ready = 0
    for _, kind, _ in served.events(task_id):
        ready += kind == "piece_ready"
        if ready == pieces:
            return


def back_up(database: Database, to: Path) -> None:
    made = cairn(database.folder, "db", "backup", str(to), **database.environment)
    assert made.returncode == 0, made.stderr


def restore(database: Database, path: Path) -> subprocess.CompletedProcess[str]:
    return cairn(database.folder, "db", "restore", str(path), "--yes", **database.environment)


def made_course(database: Database) -> tuple[str, str]:
    """Task and roadmap."""
    learnt = cairn(database.folder, "learn", "Learn Redis", **QUICK, **database.environment)
    assert learnt.returncode == 0, learnt.stderr
    return database.rows("SELECT task_id, roadmap_id FROM roadmap_tasks")[0]  # type: ignore[return-value]


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """A second database of a kind."""
    with on_server(request.getfixturevalue("postgres"), tmp_path / "elsewhere") as made:
        yield lambda kind: Database(tmp_path / "elsewhere") if kind == "sqlite" else made


@pytest.mark.full("postgres")
def test_a_backup_of_a_course_under_way_is_finished_on_the_other_database(
    database: Database, elsewhere: Callable[[str], Database], tmp_path: Path
) -> None:
    calls = tmp_path / "calls.log"
    with serving_on(database, **SLOW) as served:
        task_id = ask(served)
        for number, pieces in enumerate((1, 8)):  # each while the next pieces are written
            until_ready(served, task_id, pieces)
            back_up(database, tmp_path / f"{number}.gz")
    there = elsewhere("sqlite" if database.url else "postgres")
    answered: set[str] = set()
    for number in range(2):
        restored = restore(there, tmp_path / f"{number}.gz")
        assert restored.returncode == 0, restored.stderr
        assert there.rows("SELECT status FROM roadmap_tasks") == [("running",)]
        sound = cairn(there.folder, "doctor", "--task", task_id, **there.environment)
        assert sound.returncode == 0, f"not of one moment: {sound.stdout}"
        answered = {key for (key,) in there.rows("SELECT key FROM model_calls WHERE state = 'answered'")}
    assert len(answered) >= 10
    stood = there.rows("SELECT concept_id, content FROM tutorial_metadata")
    with serving_on(there, CAIRN_SIMULATED_LOG=str(calls), **BRISK) as served:
        assert [kind for _, kind, _ in served.events(task_id)][-1] == "task_ended"
        _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    assert (task["status"], task["pieces"]["ready"]) == ("completed", 180)
    assert set(stood) <= set(there.rows("SELECT concept_id, content FROM tutorial_metadata"))
    started = Counter(line.split()[1] for line in calls.read_text().splitlines() if line.startswith("start"))
    assert started
    assert answered.isdisjoint(started), "a call that the backup has finished was made again"
    assert cairn(there.folder, "doctor", "--task", task_id, **there.environment).returncode == 0


def test_a_laptop_s_courses_are_a_team_s_and_back(on_postgres: Database, tmp_path: Path) -> None:
    laptop, again = Database(tmp_path / "laptop"), Database(tmp_path / "again")
    _, roadmap = made_course(laptop)

    def exported(database: Database) -> object:
        told = cairn(database.folder, "export", roadmap, "--format", "json", **database.environment)
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)

    back_up(laptop, tmp_path / "one.gz")
    assert restore(on_postgres, tmp_path / "one.gz").returncode == 0
    back_up(on_postgres, tmp_path / "two.gz")
    assert restore(again, tmp_path / "two.gz").returncode == 0
    assert exported(laptop) == exported(on_postgres) == exported(again)


def test_an_empty_server_is_made_ready_by_a_restore(postgres: Postgres, tmp_path: Path) -> None:
    laptop = Database(tmp_path / "laptop")
    made_course(laptop)
    back_up(laptop, tmp_path / "one.gz")
    team = Database(tmp_path / "team", postgres.create("team"))
    try:
        assert restore(team, tmp_path / "one.gz").returncode == 0
        assert cairn(team.folder, "doctor", **team.environment).returncode == 0
        assert cairn(team.folder, "learn", "Learn Rust", **QUICK, **team.environment).returncode == 0
        assert not team.folder.exists()
    finally:
        postgres.drop("team")


@pytest.mark.parametrize(
    ("words", "frozen"), [((), True), (("--no-worker",), False)], ids=["serve frozen", "serve --no-worker"]
)
def test_nothing_is_restored_while_a_process_lives(
    database: Database, tmp_path: Path, words: tuple[str, ...], frozen: bool
) -> None:
    made_course(database)
    back_up(database, tmp_path / "one.gz")
    epochs = database.rows("SELECT epoch FROM roadmap_tasks")
    with serving_on(database, words=words, **QUICK) as served:
        assert served.call("GET", "/api/v1/tasks")[0] == 200
        if frozen:
            served.process.send_signal(signal.SIGSTOP)
        try:
            refused = restore(database, tmp_path / "one.gz")
        finally:
            served.process.send_signal(signal.SIGCONT)
        assert refused.returncode == 1
        assert "Stop every cairn on it" in refused.stderr
        assert database.rows("SELECT epoch FROM roadmap_tasks") == epochs
        assert served.call("GET", "/api/v1/tasks")[0] == 200
    assert restore(database, tmp_path / "one.gz").returncode == 0


@pytest.mark.full
def test_a_zombie_whose_sessions_were_cut_writes_nothing(
    on_postgres: Database, postgres: Postgres, tmp_path: Path
) -> None:
    with serving_on(on_postgres, **SLOW) as zombie:
        task_id = ask(zombie)
        until_ready(zombie, task_id, 3)
        back_up(on_postgres, tmp_path / "one.gz")
        until_ready(zombie, task_id, 8)
        zombie.process.send_signal(signal.SIGSTOP)
        try:
            postgres.cut_connections(on_postgres.name)  # as its server would after a while
            assert restore(on_postgres, tmp_path / "one.gz").returncode == 0
            restored = on_postgres.rows("SELECT concept_id FROM tutorial_metadata")
            [(era,)] = on_postgres.rows("SELECT epoch FROM roadmap_tasks")
            with serving_on(on_postgres, **BRISK) as other:
                assert [kind for _, kind, _ in other.events(task_id)][-1] == "task_ended"
            before = on_postgres.rows("SELECT task_id, seq, epoch FROM task_events ORDER BY seq")
            assert {epoch for _, _, epoch in before if epoch >= era} == {era + 1, era + 2}
        finally:
            zombie.process.send_signal(signal.SIGCONT)
        superseded = threading.Event()

        def listen() -> None:
            with Path(zombie.errors.name).open() as log:
                while zombie.process.poll() is None:
                    if "task_superseded" in log.readline():
                        superseded.set()
                        return
                    superseded.wait(0.1)

        threading.Thread(target=listen, daemon=True).start()
        assert superseded.wait(60), zombie.log()
        after = on_postgres.rows("SELECT task_id, seq, epoch FROM task_events ORDER BY seq")
        assert after == before
    assert restored
    assert cairn(on_postgres.folder, "doctor", "--task", task_id, **on_postgres.environment).returncode == 0


def test_two_restores_or_an_upgrade_do_not_meet(
    on_postgres: Database, postgres: Postgres, tmp_path: Path
) -> None:
    made_course(on_postgres)
    back_up(on_postgres, tmp_path / "one.gz")
    with postgres.connect(on_postgres.name) as session:
        session.execute("SELECT pg_advisory_lock(%s)", (0xCA124,))
        refused = restore(on_postgres, tmp_path / "one.gz")
        assert (refused.returncode, "upgrading or restoring" in refused.stderr) == (1, True)
        session.execute("SELECT pg_advisory_unlock_all()")
        session.execute("SELECT set_config('application_name', 'cairn backup', false)")
        refused = restore(on_postgres, tmp_path / "one.gz")
        assert (refused.returncode, "cairn backup (" in refused.stderr) == (1, True)
    assert restore(on_postgres, tmp_path / "one.gz").returncode == 0


def test_a_restore_that_dies_in_the_middle_has_changed_nothing(database: Database, tmp_path: Path) -> None:
    task_id, _ = made_course(database)
    back_up(database, tmp_path / "one.gz")
    assert cairn(database.folder, "learn", "Learn Rust", **QUICK, **database.environment).returncode == 0
    tables = ("roadmap_tasks", "task_events", "tutorial_metadata")
    before = [sorted(database.rows(f"SELECT * FROM {table}"), key=repr) for table in tables]
    dies = (
        "import os, signal, sys\nfrom cairn.store import restore\n"
        "restore.begin_era = lambda *given: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from cairn.cli import main\nmain()"
    )
    words = [sys.executable, "-c", dies, "db", "restore", str(tmp_path / "one.gz"), "--yes"]
    surroundings = environment(database.folder, **database.environment)
    died = subprocess.run(words, env=surroundings, capture_output=True, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    listed = cairn(database.folder, "list", **database.environment)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 2), listed.stderr
    assert [sorted(database.rows(f"SELECT * FROM {table}"), key=repr) for table in tables] == before
    assert restore(database, tmp_path / "one.gz").returncode == 0
    assert database.rows("SELECT task_id FROM roadmap_tasks") == [(task_id,)]


@pytest.mark.full("sqlite")
def test_a_viewer_of_what_was_undone_sees_what_comes(database: Database, tmp_path: Path) -> None:
    with serving_on(database, **SLOW) as served:
        task_id = ask(served)
        until_ready(served, task_id, 2)
        back_up(database, tmp_path / "one.gz")
    with serving_on(database, **BRISK) as served:
        list(served.events(task_id))
        _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
        assert task["status"] == "completed"
    [(seen,)] = database.rows("SELECT last_seq FROM roadmap_tasks")
    assert restore(database, tmp_path / "one.gz").returncode == 0
    with serving_on(database, words=["--no-worker"], **SLOW) as served:
        following = served.events(task_id, after=seen)
        first = next(following)
        assert first[:2] == (1, "task_created"), "told anew from the front"
        following.close()  # type: ignore[attr-defined]


def test_a_person_is_asked_and_a_script_says_yes(tmp_path: Path) -> None:
    database = Database(tmp_path / "data")
    made_course(database)
    back_up(database, tmp_path / "one.gz")
    [(before,)] = database.rows("SELECT epoch FROM roadmap_tasks")
    asked = cairn(database.folder, "db", "restore", str(tmp_path / "one.gz"))
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    for answer, code in (("n", 1), ("", 1), ("y", 0)):
        with at_terminal(database.folder, "db", "restore", str(tmp_path / "one.gz")) as terminal:
            told = terminal.ask("[y/N]", answer)
            assert "will be replaced by the backup of" in told
            assert "(1 course, " in told
            assert terminal.end()[0] == code
        [(epoch,)] = database.rows("SELECT epoch FROM roadmap_tasks")
        assert (epoch > before) == (code == 0)


def test_wrong_files_and_places_are_told_in_a_sentence(tmp_path: Path) -> None:
    database = Database(tmp_path / "data")
    made_course(database)
    before = database.rows("SELECT * FROM roadmap_tasks")
    back_up(database, tmp_path / "one.gz")
    whole = (tmp_path / "one.gz").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    # In the sum over the content: where it is in the content itself may be read as anything.
    (tmp_path / "flipped").write_bytes(whole[:-6] + bytes([whole[-6] ^ 4]) + whole[-5:])
    (tmp_path / "else").write_text("SELECT 1;")
    cases = {
        ("restore", "cut", "--yes"): (1, "is not whole"),
        ("restore", "flipped", "--yes"): (1, "is damaged"),
        ("restore", "else", "--yes"): (1, "is not a backup of Cairn"),
        ("restore", "none", "--yes"): (3, "There is no file"),
        ("restore", ".", "--yes"): (1, "cannot be read"),
        ("backup", "one.gz"): (2, "is there already"),
        ("backup", "no/folder"): (1, "cannot be written"),
    }
    for (word, name, *more), (code, said) in cases.items():
        refused = cairn(database.folder, "db", word, str(tmp_path / name), *more, **database.environment)
        assert refused.returncode == code, (word, name, refused.stderr)
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
    assert database.rows("SELECT * FROM roadmap_tasks") == before
    assert not list(tmp_path.glob(".*"))


def test_without_a_name_it_is_dated_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "data")
    nothing = cairn(database.folder, "db", "backup")
    assert (nothing.returncode, database.folder.exists()) == (3, False)
    made_course(database)
    (tmp_path / "here").mkdir()
    words = [sys.executable, "-m", "cairn", "db", "backup"]
    surroundings = {**environment(database.folder), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    subprocess.run(words, env=surroundings, cwd=tmp_path / "here", check=True, timeout=60)
    [made] = (tmp_path / "here").iterdir()
    assert made.name.startswith("cairn-2")
    assert made.stat().st_mode & 0o777 == 0o600
    assert gzip.decompress(made.read_bytes()).startswith(b'{"cairn_backup":1,"program":')


def test_a_full_disk_leaves_no_half_file_and_no_half_restore(tmp_path: Path) -> None:
    from tests.durability.disks import small_disk

    source = Database(tmp_path / "data")
    for goal in ("Learn Redis", "Learn Rust"):
        learnt = cairn(source.folder, "learn", goal, **{**QUICK, "CAIRN_SIMULATED_CONCEPTS": "60"})
        assert learnt.returncode == 0
    back_up(source, tmp_path / "one.gz")
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        database = Database(disk.folder / "data")
        made_course(database)
        shutil.copy(tmp_path / "one.gz", disk.folder)
        before = database.rows("SELECT * FROM tutorial_metadata")
        disk.fill()
        refused = cairn(database.folder, "db", "backup", str(disk.folder / "two.gz"))
        assert (refused.returncode, "No space left" in refused.stderr) == (1, True), refused.stderr
        assert not [path for path in disk.folder.iterdir() if "two.gz" in path.name]
        refused = restore(database, disk.folder / "one.gz")
        assert (refused.returncode, "disk under the database is full" in refused.stderr) == (1, True), (
            refused.stderr
        )
        disk.make_room()
        assert database.rows("SELECT * FROM tutorial_metadata") == before
        assert restore(database, disk.folder / "one.gz").returncode == 0
        assert database.rows("SELECT count(*) FROM tutorial_metadata") == [(120,)]
