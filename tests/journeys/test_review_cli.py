"""Review, revisions, delete and the history check from a terminal: real processes, on a pty to be asked."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.databases import Database
from tests.process import cairn
from tests.terminal import CTRL_D, at_terminal

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "5"}
MENU, EDIT = "[l]ater? ", "edit> "
REFUSED = [
    ("remove 9", "There is no 9 in the outline; numbers go to 5."),
    ("remove", "There is no number in the outline"),
    ("hours 2 much", "Say it so: hours 3 2.5"),
    ("hours 2 900", "must be a number of hours from 0.25 to 40"),
    ("move 2 behind 3", "Say it so: move 3 after 5"),
    ("move 2 after 2", "names the concept itself"),
    ("needs 2", "Say it so: needs 3 1,2"),
    ("rename 2", "is empty"),
    ("add Purpose of Rust", "stands in the roadmap already"),
    ("paint 2 red", "“paint” is no command here"),
    ("undo", "nothing to undo"),
]


def only_task(folder: Path) -> tuple[str, str, str]:
    """The id of the folder's task, its roadmap's, and its state."""
    [row] = Database(folder).rows("SELECT task_id, roadmap_id, status FROM roadmap_tasks")
    return row  # type: ignore[return-value]


def test_a_person_edits_by_hand_asks_for_changes_and_approves(tmp_path: Path) -> None:
    with at_terminal(tmp_path, "learn", "Learn Rust", "--review", **FAST) as terminal:
        shown = terminal.ask(MENU, "what")
        assert "3. First steps of Rust" in shown
        assert "What changed" not in shown
        assert "Answer by a letter: a, c, e, l" in terminal.ask(MENU, "edit")
        assert "remove 3" in terminal.ask(EDIT, "remove 1")
        said = terminal.ask(EDIT, "done")
        assert "removed 1. Purpose of Rust" in said
        assert "not sound: “Vocabulary of Rust” needs “Purpose of Rust”, not in the roadmap" in said
        assert "must be put right first" in terminal.ask(EDIT, "needs 2 nothing")
        said = terminal.ask(EDIT, "rename 2 Words")
        assert "2. Vocabulary of Rust needs nothing" in said
        assert "not sound" not in said
        assert "renamed 2. Vocabulary of Rust to “Words”" in terminal.ask(EDIT, "add Borrowing after 3")
        assert "added 6. Borrowing, after 3. First steps of Rust" in terminal.ask(EDIT, "hours 6 2.5")
        assert "6. Borrowing takes 2.5 h" in terminal.ask(EDIT, "needs 6 2,3")
        assert "6. Borrowing needs 2. Words, 3. First steps of Rust" in terminal.ask(EDIT, "move 5 before 4")
        assert "moved 5. Daily use of Rust before 4. Building" in terminal.ask(EDIT, "show")
        said = terminal.ask(EDIT, "remove 4")
        assert said.index("6. Borrowing  2.5 h") < said.index("5. Daily use") < said.index("4. Building")
        assert "removed 4. Building" in terminal.ask(EDIT, "undo")
        assert "undone: remove" in terminal.ask(EDIT, "done")
        said = terminal.ask(MENU, "c")
        for line in (
            "What changed since the last round:", "added “Borrowing” (Practice › Practice 1)",
            "removed “Purpose of Rust”", "renamed “Vocabulary of Rust” to “Words”",
            "moved “Daily use of Rust” from Depth › Depth 1 to Practice › Practice 1",
            "hours in all: 5 → 6.5",
        ):  # fmt: skip
            assert line in said
        terminal.ask("What should be different? ", "More about traits")
        assert "added “As wished: More about traits”" in terminal.ask(MENU, "approve")
        code, said = terminal.end()
        assert code == 0
        assert "As wished: More about traits  1 h" in said
        assert "completed. To read it" in said
    checked = cairn(tmp_path, "doctor", "--task", only_task(tmp_path)[0], **FAST)
    assert (checked.returncode, checked.stdout[:4]) == (0, "ok  ")


def test_later_the_end_of_input_and_an_interrupt_leave_it_waiting(tmp_path: Path) -> None:
    with at_terminal(tmp_path, "learn", "Learn Rust", "--review", **FAST) as terminal:
        terminal.until(MENU)
        code, said = terminal.interrupt()
    task_id, _, status = only_task(tmp_path)
    assert (code, status) == (130, "awaiting_review")
    assert f"cairn review {task_id}" in said
    assert "Traceback" not in said
    with at_terminal(tmp_path, "review", task_id, **FAST) as terminal:
        terminal.ask(MENU, "e")
        for line, why in REFUSED:
            terminal.ask(EDIT, line)
            assert why in (said := terminal.until("\nedit"))
            assert "edits." not in said
            terminal.read_to -= len("\nedit") - 1
        terminal.ask(EDIT, "remove 5")
        terminal.until(EDIT)
        terminal.press(CTRL_D)  # forgets them
        terminal.until(MENU)
        terminal.press(CTRL_D)
        code, said = terminal.end()
    assert (code, only_task(tmp_path)[2]) == (0, "awaiting_review")
    assert f"cairn review {task_id}" in said
    with at_terminal(tmp_path, "review", task_id, **FAST) as terminal:
        terminal.ask(MENU, "e")
        terminal.until(EDIT)
        code, said = terminal.interrupt()
    assert (code, only_task(tmp_path)[2]) == (130, "awaiting_review")
    assert f"cairn review {task_id}" in said


def test_a_decision_made_elsewhere_meanwhile_is_told_and_followed(tmp_path: Path) -> None:
    with at_terminal(tmp_path, "learn", "Learn Rust", "--review", **FAST) as terminal:
        terminal.until(MENU)
        task_id = only_task(tmp_path)[0]
        beside = cairn(tmp_path, "review", task_id, "--approve", **FAST)
        assert beside.returncode == 0, "nobody holds the folder while a person thinks: " + beside.stderr
        terminal.say("edit")
        terminal.ask(EDIT, "remove 5")
        terminal.ask(EDIT, "done")
        code, said = terminal.end()
    assert code == 0
    assert "decided already: approve" in said
    assert "5. Daily use of Rust" in said


def test_an_author_who_reads_no_words_is_not_asked_by_words(tmp_path: Path) -> None:
    settings = {"CAIRN_MODEL": "library"}
    with at_terminal(tmp_path, "learn", "Learn Redis", "--review", **settings) as terminal:
        assert terminal.ask(MENU, "l").splitlines()[-1].endswith("[a]pprove, [e]dit by hand, ")
    wished = cairn(tmp_path, "review", only_task(tmp_path)[0], "--changes", "Shorter", **settings)
    assert wished.returncode == 2
    assert "no author who reads words" in wished.stderr


def test_a_review_in_a_pipe_is_shown_and_decided_by_options(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = cairn(folder, "learn", "Learn Rust", "--review", **FAST)
    assert made.returncode == 0, made.stderr
    assert "5. Daily use of Rust" in made.stdout
    task_id, _, status = only_task(folder)
    assert status == "awaiting_review"
    assert f"cairn review {task_id}" in made.stdout
    retried = cairn(folder, "retry", task_id, **FAST)
    assert (retried.returncode, retried.stdout) == (1, "")
    assert "waits for your review" in retried.stderr
    assert f"cairn review {task_id}" in retried.stderr

    shown = cairn(folder, "review", task_id, "--json", **FAST)
    assert shown.returncode == 0
    review = json.loads(shown.stdout)
    assert (review["status"], review["round"], review["faults"]) == ("awaiting_review", 1, [])
    first, second = (concept["concept_id"] for concept in review["concepts"][:2])

    edits = tmp_path / "edits.json"
    for text, why in (
        ("[{", "cannot be read as JSON"),
        ('[{"op": "paint"}]', "op must be one of add, remove"),
        (json.dumps([{"op": "remove", "concept_id": first}]), "needs “Purpose of Rust”, not in the roadmap"),
    ):
        edits.write_text(text)
        refused = cairn(folder, "review", task_id, "--edits", str(edits), **FAST)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert why in refused.stderr
    both = cairn(folder, "review", task_id, "--approve", "--changes", "Shorter", **FAST)
    assert both.returncode == 2
    assert only_task(folder)[2] == "awaiting_review"

    edits.write_text(json.dumps([{"op": "rename", "concept_id": second, "name": "Words"}]))
    edited = cairn(folder, "review", task_id, "--edits", str(edits), **FAST)
    assert edited.returncode == 0
    assert "renamed “Vocabulary of Rust” to “Words”" in edited.stdout
    assert only_task(folder)[2] == "awaiting_review"
    changed = cairn(folder, "review", task_id, "--changes", "More about traits", **FAST)
    assert "added “As wished: More about traits”" in changed.stdout
    approved = cairn(folder, "review", task_id, "--approve", **FAST)
    assert approved.returncode == 0, approved.stderr
    assert "6. As wished" in approved.stdout
    again = cairn(folder, "review", task_id, **FAST)
    assert again.returncode == 1
    assert "completed; it does not wait" in again.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    assert cairn(folder, "learn", "Learn advanced Rust", **FAST).returncode == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A data folder with a course that is made."""
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def test_a_piece_made_anew_listed_and_put_back(folder: Path) -> None:
    task_id, roadmap_id, _ = only_task(folder)
    anew = cairn(folder, "regenerate", task_id, "2", "--kind", "tutorial", "--wish", "Show more code", **FAST)
    assert anew.returncode == 0, anew.stderr
    assert "tutorial of “Vocabulary of Rust” is made anew: revision 2" in anew.stdout
    assert "--kind tutorial --rev 1" in anew.stdout
    [(text,)] = Database(folder).rows("SELECT content FROM tutorial_metadata WHERE rev = 2")
    assert "Show more code" in text
    listed = cairn(folder, "versions", roadmap_id, "vocabulary of rust", **FAST)
    assert [line.split()[:4] for line in listed.stdout.splitlines()[1:3]] == [
        ["tutorial", "rev", "2", "current"], ["tutorial", "rev", "1", f"{datetime.now():%Y-%m-%d}"],
    ]  # fmt: skip
    back = cairn(folder, "restore", roadmap_id, "2", "--kind", "tutorial", "--rev", "1", **FAST)
    assert back.returncode == 0, back.stderr
    assert "that of revision 1 again, as revision 3" in back.stdout
    for words, code, why in (
        (["regenerate", roadmap_id, "2", "--kind", "poem"], 2, "tutorial, resources, quiz"),
        (["regenerate", roadmap_id, "9", "--kind", "quiz"], 3, "no concept 9"),
        (["restore", roadmap_id, "2", "--kind", "quiz", "--rev", "7"], 3, "no revision 7"),
        (["restore", roadmap_id, "2"], 2, "--rev is missing"),
    ):
        refused = cairn(folder, *words, **FAST)
        assert (refused.returncode, refused.stdout) == (code, ""), words
        assert why in " ".join(refused.stderr.replace("│", " ").split())


def test_a_course_put_away_comes_back(folder: Path) -> None:
    _, roadmap_id, _ = only_task(folder)
    listed = cairn(folder, "list", **FAST).stdout
    assert f"{datetime.now():%Y-%m-%d}  advanced" in listed
    deleted = cairn(folder, "delete", roadmap_id, **FAST)
    assert deleted.returncode == 0
    assert f"cairn restore {roadmap_id}" in deleted.stdout
    assert cairn(folder, "show", roadmap_id, **FAST).returncode == 3
    back = cairn(folder, "restore", roadmap_id, **FAST)
    assert (back.returncode, "completed" in back.stdout) == (0, True)
    assert cairn(folder, "list", **FAST).stdout == listed


def test_doctor_tells_each_broken_promise_of_a_task(folder: Path, tmp_path: Path) -> None:
    assert cairn(tmp_path / "new", "doctor", "--task", "nothing", **FAST).returncode == 3
    assert not (tmp_path / "new").exists(), "looking makes nothing"
    task_id, _, _ = only_task(folder)
    assert cairn(folder, "doctor", "--task", "nothing", **FAST).returncode == 3
    with closing(sqlite3.connect(folder / "cairn.db")) as connection, connection:
        connection.execute("DELETE FROM task_events WHERE seq = 3")
    checked = cairn(folder, "doctor", "--task", task_id, **FAST)
    assert checked.returncode == 1
    assert "BAD  events are numbered [1, 2, 4" in checked.stdout
