"""`cairn doctor --model` as a process: what is tried, what is kept, how it ends."""

from pathlib import Path

import pytest

from tests.databases import Database
from tests.models.doctoring import KEY, THOUGHTS, doctor, kept, verdicts
from tests.models.forms import TALK, Formal
from tests.models.openai_chat import NATIVE, PROMPTED, TOOL, error
from tests.models.server import model_server
from tests.process import cairn, free_port

EACH = 3
"""Tries that must pass."""


@pytest.mark.parametrize(
    ("ways", "found", "failed"),
    [
        pytest.param((TOOL, NATIVE, PROMPTED), TOOL, 0, marks=pytest.mark.full),
        pytest.param((NATIVE, PROMPTED), NATIVE, 1, marks=pytest.mark.full),
        ((PROMPTED,), PROMPTED, 2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_way_that_passes_three_times_is_kept(
    tmp_path: Path, ways: tuple[str, ...], found: str, failed: int
) -> None:
    with model_server(Formal(ways=ways)) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 0, done.stdout
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", found))
    assert len(server.asked) == len(THOUGHTS) * (EACH + failed), "a way that fails once is not tried again"
    assert f"{len(server.asked)} calls" in done.stdout
    assert "at most 81" in done.stdout
    assert "at its next start" in done.stdout
    assert kept(Database(tmp_path)) == dict.fromkeys(THOUGHTS, found)
    told = done.stdout.count("it ignores the tool and answers in words: “Sure!")
    assert told == len(THOUGHTS) * bool(failed)
    assert Database(tmp_path).rows("SELECT count(*) FROM model_calls") == [(0,)]


def test_a_kept_way_is_how_courses_are_made(tmp_path: Path) -> None:
    """Also the forms of a thought that were not tried themselves, by whoever starts after it was kept."""
    with model_server(Formal(ways=(NATIVE,))) as server:
        assert doctor(tmp_path, server).returncode == 0
        server.asked.clear()
        done = cairn(tmp_path, "learn", "Learn to bake bread", **server.environment)
        assert done.returncode == 0, done.stderr
        assert server.ways_asked() == {NATIVE}
        assert {asked.thought for asked in server.asked} == {*THOUGHTS, "solve"} - {"edit"}


def test_a_model_that_ignores_every_form_is_told_with_what_it_said(tmp_path: Path) -> None:
    with model_server(Formal(ways=())) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 1
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("BAD", "no way works"))
    for said in (
        f"not tool: it ignores the tool and answers in words: “{TALK}”",
        f"not native: what it answers is not JSON: “{TALK}”",
        f"not prompted: what it answers is not JSON: “{TALK}”",
    ):
        assert done.stdout.count(said) == len(THOUGHTS)
    assert kept(Database(tmp_path)) == dict.fromkeys(THOUGHTS, None)
    assert len(server.asked) == len(THOUGHTS) * 3


def test_a_model_that_drifts_from_chinese_is_told(tmp_path: Path) -> None:
    with model_server(Formal(chinese=False)) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 1
    said = "not tool: asked for Simplified Chinese, it answers in English or in both: “Somebody at the start."
    assert said in done.stdout
    right = {thought for thought, (word, _) in verdicts(done).items() if word == "ok"}
    assert right == {"edit"}, "which writes nothing here"


def test_a_refused_key_ends_it_at_once(tmp_path: Path) -> None:
    """The provider sends it back, and it is not shown."""
    refused = error(401, f"Incorrect API key provided: {KEY}. You can find yours at", "invalid_api_key")
    with model_server(Formal(fault=lambda asked: refused)) as server:
        done = doctor(tmp_path, server)
    assert (done.returncode, len(server.asked)) == (1, 1)
    assert "refuses the key for openai-chat:x: Incorrect API key provided: (key)" in done.stdout
    assert "Set OPENAI_API_KEY to a valid key" in done.stdout
    assert kept(Database(tmp_path)) == {}


def test_a_web_page_ends_it_at_once(tmp_path: Path) -> None:
    page = (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>Welcome</html>")
    with model_server(Formal(fault=lambda asked: page)) as server:
        done = doctor(tmp_path, server)
    assert (done.returncode, len(server.asked)) == (1, 1)
    assert "Is OPENAI_BASE_URL the address of a model server? It mostly ends in /v1." in done.stdout


def test_a_closed_port_ends_it_at_once(tmp_path: Path) -> None:
    with model_server(Formal()) as server:
        address = f"http://somebody:s3cret@127.0.0.1:{free_port()}/v1"
        done = doctor(tmp_path, server, OPENAI_BASE_URL=address)
    assert done.returncode == 1
    assert "openai-chat:x could not be reached: All connection attempts failed." in done.stdout
    assert "Is the server running, and is OPENAI_BASE_URL right?" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("1 call, 0 tokens in, 0 out.")


def test_what_is_found_is_kept_on_a_server_too(on_postgres: Database) -> None:
    with model_server(Formal(ways=(PROMPTED,))) as server:
        assert doctor(on_postgres.folder, server, **on_postgres.environment).returncode == 0
    assert kept(on_postgres) == dict.fromkeys(THOUGHTS, PROMPTED)
    assert not on_postgres.folder.exists()


@pytest.mark.parametrize("model", ["library", "simulated"])
def test_without_a_model_there_is_nothing_to_try(tmp_path: Path, model: str) -> None:
    done = cairn(tmp_path, "doctor", "--model", CAIRN_MODEL=model)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"There is no model to try: CAIRN_MODEL is {model}." in done.stderr


def test_it_is_tried_or_a_task_is_checked(tmp_path: Path) -> None:
    done = cairn(tmp_path, "doctor", "--model", "--task", "t")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_missing_key_is_told_before_any_call(tmp_path: Path) -> None:
    with model_server(Formal()) as server:
        done = doctor(tmp_path, server, CAIRN_MODEL_FOR_QUIZ="anthropic:x", ANTHROPIC_API_KEY="")
    assert (done.returncode, server.asked) == (1, [])
    assert "ANTHROPIC_API_KEY is empty or not set" in done.stderr


def test_the_doctor_of_everything_names_the_model_and_asks_it_nothing(tmp_path: Path) -> None:
    with model_server(Formal()) as server:
        done = cairn(tmp_path, "doctor", **server.environment)
    assert (done.returncode, server.asked) == (0, [])
    assert f"openai-chat:x at {server.url}/v1; `cairn doctor --model` tries it" in done.stdout
    wrong = cairn(tmp_path, "doctor", CAIRN_MODEL="library", CAIRN_MODEL_FOR_QUIZ="nobody:x")
    assert "BAD  author" in wrong.stdout
