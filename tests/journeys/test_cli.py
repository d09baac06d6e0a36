"""A person at a terminal: every command as a real process, its words and its exit code."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process import cairn, environment, free_port, serving

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "5"}
SLOW = {**FAST, "CAIRN_SIMULATED_DELAY": "0.3"}
HEAVY = ("langgraph", "sqlalchemy", "fastapi", "pydantic_ai", "sqlmodel", "alembic", "uvicorn")


def test_learn_list_show_retry_cancel(tmp_path: Path) -> None:
    made = cairn(tmp_path, "learn", "Learn Rust", "--hours-per-week", "5", **FAST)
    assert made.returncode == 0, made.stderr
    assert "Understanding the goal" in made.stderr
    assert "5 concepts, 5 hours, about 1 week." in made.stdout
    assert "completed" in made.stdout
    listed = cairn(tmp_path, "list", **FAST)
    task_id, status, pieces, _date, _all, _levels, *goal = listed.stdout.split()
    assert (status, pieces, goal) == ("completed", "15/15", ["Learn", "Rust"])
    shown = cairn(tmp_path, "show", task_id, "--json", **FAST)
    roadmap = json.loads(shown.stdout)
    assert [set(c["status"].values()) for c in roadmap["concepts"]] == [{"ready"}] * 5
    assert cairn(tmp_path, "show", roadmap["roadmap_id"], **FAST).stdout.count(" h\n") == 5
    again = cairn(tmp_path, "retry", task_id, "--goal", "Learn advanced Rust", "--json", **FAST)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["title"] == "Rust: advanced"
    cancelled = cairn(tmp_path, "cancel", task_id, **FAST)
    assert cancelled.returncode == 0
    assert "completed" in cancelled.stdout, "an ended task stays as it ended"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["learn", ""], 2, "query is empty"),
        (["learn", "Redis", "--hours-per-week", "ten"], 2, "must be a number of hours"),
        (["learn", "Redis", "--hours-per-week", "nan"], 2, "must be a number of hours"),
        (["learn", "Redis", "--deadline", "2020-01-01"], 2, "in the past"),
        (["learn", "Redis", "--level", "wizard"], 2, "beginner, intermediate, advanced"),
        (["learn", "Redis", "--language", "xx"], 2, "language must be 'en' or 'zh'"),
        (["learn"], 2, "Missing argument"),
        (["fly"], 2, "No such command"),
        (["show", "nothing"], 3, "no roadmap nothing"),
        (["retry", "nothing"], 3, "no task nothing"),
        (["cancel", "nothing"], 3, "no task nothing"),
        (["serve", "--host", "0.0.0.0"], 1, "CAIRN_TRUSTED_NETWORK"),
        (["serve", "--port", "99999"], 2, "65535"),
    ],
)
def test_wrong_use_says_what_is_wrong(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = cairn(tmp_path, *words, **FAST)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_goal_no_course_covers(tmp_path: Path) -> None:
    done = cairn(tmp_path, "learn", "Learn Rust")
    assert done.returncode == 3
    assert "Python, Redis" in done.stderr
    assert "CAIRN_MODEL" in done.stderr
    assert cairn(tmp_path, "list").stdout.startswith("No courses yet")


def heed_interrupts() -> None:
    """What a shell starts in the background ignores them, and so does all that comes of it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_interrupted_goes_on_next_time(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cairn", "learn", "Learn Rust"], env=environment(tmp_path, **SLOW),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    assert process.stderr
    for line in process.stderr:
        if "Designing" in line:
            process.send_signal(signal.SIGINT)
            break
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on next time" in said
    task_id = cairn(tmp_path, "list", **SLOW).stdout.split()[0]
    assert f"cairn retry {task_id}" in said
    done = cairn(tmp_path, "retry", task_id, **SLOW)
    assert done.returncode == 0, done.stderr
    assert cairn(tmp_path, "list", **SLOW).stdout.split()[:2] == [task_id, "completed"]


def test_a_server_told_to_stop_lets_go_of_its_followers(tmp_path: Path) -> None:
    with serving(tmp_path / "data", **{**SLOW, "CAIRN_SIMULATED_DELAY": "600"}) as served:
        _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Rust"})
        events = served.events(made["task_id"])
        assert next(events)[1] == "task_created"
        assert served.stop() == -signal.SIGTERM, (
            "it went through to its end, then let the signal have its way"
        )
        told = [kind for _, kind, _ in events]
        assert told == ["task_claimed", "step_started"][: len(told)]
        assert "Traceback" not in served.log()
        assert "timeout" not in served.log()


def test_learn_beside_a_serve_follows_its_work(tmp_path: Path) -> None:
    with serving(tmp_path / "data", **FAST):
        done = cairn(tmp_path / "data", "learn", "Learn Rust", **FAST)
        assert done.returncode == 0, done.stderr
        assert "completed" in done.stdout


def test_a_second_serve_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data", **FAST) as first:
        second = cairn(tmp_path / "data", "serve", "--port", str(free_port()), **FAST)
        assert second.returncode == 1
        assert "--no-worker" in second.stderr
        port = first.url.rsplit(":", 1)[1]
        same_port = cairn(tmp_path / "other", "serve", "--port", port, **FAST)
        assert same_port.returncode == 1
        assert "is taken" in same_port.stderr
        assert first.call("GET", "/healthz") == (200, {"status": "ok"})


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = cairn(tmp_path / "file" / "data", "learn", "Learn Rust", **FAST)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    garbage = tmp_path / "data" / "cairn.db"
    garbage.parent.mkdir()
    garbage.write_bytes(b"no database " * 50)
    done = cairn(garbage.parent, "list", **FAST)
    assert done.returncode == 1
    assert "not a usable SQLite database" in done.stderr
    assert garbage.read_bytes() == b"no database " * 50
    checked = cairn(garbage.parent, "doctor", **FAST)
    assert checked.returncode == 1
    assert "BAD  database" in checked.stdout


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = cairn(tmp_path, "list", CAIRN_MODEL_TIMEOUT="soon")
    assert done.returncode == 1
    assert "CAIRN_MODEL_TIMEOUT" in done.stderr


def test_doctor_courses_and_version(tmp_path: Path) -> None:
    checked = cairn(tmp_path / "new", "doctor")
    assert checked.returncode == 0, checked.stdout
    assert not (tmp_path / "new").exists(), "it looks, and makes nothing"
    courses = json.loads(cairn(tmp_path, "courses", "--json").stdout)["items"]
    assert {c["course_id"]: c["concepts"] >= 28 for c in courses} == {"redis": True, "python": True}
    assert cairn(tmp_path, "version").stdout.startswith("cairn ")


def test_help_answers_without_the_heavy_libraries() -> None:
    look = "import sys; sys.argv = ['cairn', '--help']\nfrom cairn.cli import main\n"
    look += f"try: main()\nfinally: print([m for m in {HEAVY} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert printed.stdout.rstrip().endswith("[]"), printed.stdout
    for command in (
        "serve", "learn", "review", "list", "show", "retry", "cancel", "regenerate", "versions", "export",
        "delete", "restore", "courses", "doctor", "version",
    ):  # fmt: skip
        assert command in printed.stdout
