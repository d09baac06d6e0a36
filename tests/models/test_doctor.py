"""`cairn doctor --model` as a process, against models that can do this and not that."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.databases import Database
from tests.models.forms import NATIVE, PROMPTED, SAID, TALK, TOOL, Formal, form_of, in_chinese, way_of
from tests.models.server import Asked, Fault, Reply, error, hang, model_server, of_message
from tests.process import cairn, free_port

THOUGHTS = ["intent", "curriculum", "validation", "edit", "tutorial", "resources", "quiz"]
KEPT = "SELECT form, mode FROM model_modes ORDER BY form"
EACH = 3
"""Tries that must pass."""
TIRED = error(500, "boom")
TOO_LONG = error(400, "the request exceeds the available context size, try increasing it")


def doctor(folder: Path, server: Formal, **settings: str) -> CompletedProcess[str]:
    done = cairn(folder, "doctor", "--model", **{**server.environment, **settings})
    assert "Traceback" not in done.stderr, done.stderr
    assert "k-of-the-tests" not in done.stdout + done.stderr
    return done


def verdicts(done: CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """What is said of each thought: ok or BAD, and the way."""
    heads = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line[:4] in ("ok  ", "BAD ")]
    return {thought: (right, way) for right, thought, way in heads}


def kept(folder: Path) -> dict[str, str | None]:
    return dict(Database(folder).rows(KEPT))


@pytest.mark.parametrize(
    ("ways", "found", "failed"),
    [((TOOL, NATIVE, PROMPTED), TOOL, 0), ((NATIVE, PROMPTED), NATIVE, 1), ((PROMPTED,), PROMPTED, 2)],
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
    assert kept(tmp_path) == dict.fromkeys(THOUGHTS, found)
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
        assert {form_of(asked.body) for asked in server.asked} == {*THOUGHTS, "solve"} - {"edit"}


def test_what_is_found_anew_takes_the_place_of_what_was_kept(tmp_path: Path) -> None:
    with model_server(Formal(ways=(PROMPTED,))) as server:
        doctor(tmp_path, server)
        server.ways = (TOOL, NATIVE, PROMPTED)
        doctor(tmp_path, server)
    assert kept(tmp_path) == dict.fromkeys(THOUGHTS, TOOL)


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
    assert kept(tmp_path) == dict.fromkeys(THOUGHTS, None)
    assert len(server.asked) == len(THOUGHTS) * 3


def test_a_model_that_says_the_key_is_quoted_without_it(tmp_path: Path) -> None:
    told = {"role": "assistant", "content": "Your key is k-of-the-tests, is it not?"}
    with model_server(Formal(fault=lambda asked: of_message(told))) as server:
        done = doctor(tmp_path, server)
    assert "it ignores the tool and answers in words: “Your key is (key), is it not?”" in done.stdout
    kept_words = Database(tmp_path).rows("SELECT DISTINCT failed FROM model_modes")
    assert "k-of-the-tests" not in str(kept_words)


def test_what_is_found_is_kept_on_a_server_too(on_postgres: Database) -> None:
    with model_server(Formal(ways=(PROMPTED,))) as server:
        assert doctor(on_postgres.folder, server, **on_postgres.environment).returncode == 0
    assert dict(on_postgres.rows(KEPT)) == dict.fromkeys(THOUGHTS, PROMPTED)
    assert not on_postgres.folder.exists()


def test_a_field_that_is_wrong_is_named(tmp_path: Path) -> None:
    def soon(asked: Asked) -> dict[str, object]:
        return {"title": "Tea", "summary": "Tea", "markdown": "Tea", "minutes": "soon"}

    with model_server(Formal(answers={"tutorial": soon})) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 1
    said = "not native: it does not keep to the form: minutes: Input should be a valid integer"
    assert said in done.stdout
    assert verdicts(done)["tutorial"] == ("BAD", "no way works")
    assert {right for right, _ in verdicts(done).values()} == {"ok", "BAD"}


def test_a_model_that_drifts_from_chinese_is_told(tmp_path: Path) -> None:
    with model_server(Formal(chinese=False)) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 1
    said = "not tool: asked for Simplified Chinese, it answers in English or in both: “Somebody at the start."
    assert said in done.stdout
    right = {thought for thought, (word, _) in verdicts(done).items() if word == "ok"}
    assert right == {"edit"}, "which writes nothing here"


def test_a_model_that_drifts_into_chinese_is_told(tmp_path: Path) -> None:
    always_chinese = {"tutorial": lambda asked: in_chinese(SAID["tutorial"](asked))}
    with model_server(Formal(answers=always_chinese)) as server:
        done = doctor(tmp_path, server)
    assert verdicts(done)["tutorial"] == ("BAD", "no way works")
    assert "not prompted: asked for English, it answers in Chinese or in both: “" in done.stdout


def test_a_server_without_tools_says_so_in_its_own_words(tmp_path: Path) -> None:
    def no_tools(asked: Asked) -> Reply | None:
        return NO_TOOLS if way_of(asked.body) == TOOL else None

    with model_server(Formal(fault=no_tools)) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 0
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", NATIVE))
    assert done.stdout.count("not tool: openai-chat:x cannot be given tools: registry") == len(THOUGHTS)


def test_a_way_that_is_not_offered_for_a_model_is_passed_over(tmp_path: Path) -> None:
    """Ollama's cloud takes a form and does not hold to it, so it is not asked for."""
    with model_server(Formal(ways=(PROMPTED,))) as server:
        settings = {"CAIRN_MODEL": "ollama:x-cloud", "OLLAMA_BASE_URL": server.url}
        done = doctor(tmp_path, server, **settings)
    assert done.returncode == 0, done.stdout
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", PROMPTED))
    assert "not native: ollama:x-cloud cannot be asked in this way: Native structured output" in done.stdout
    assert server.ways_asked() == {TOOL, PROMPTED}
    assert f"\n{len(server.asked)} calls, " in done.stdout


@dataclass(frozen=True)
class Hopeless:
    """What ends the trial at once, and the words that tell it."""

    name: str
    fault: Fault
    said: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict[str, str])


HTML: Reply = (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>Welcome</html>")
NO_TOOLS = error(400, "registry.ollama.ai/library/x does not support tools", "api_error")
ECHO = error(401, "Incorrect API key provided: k-of-the-tests. You can find yours at", "invalid_api_key")
ADDRESS = "Is OPENAI_BASE_URL the address of a model server? It mostly ends in /v1."


def json_of(status: int, said: object) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(said).encode()


HOPELESS = [
    Hopeless("a wrong key that comes back", lambda asked: ECHO,
             ("refuses the key for openai-chat:x: Incorrect API key provided: (key)", "Set OPENAI_API_KEY")),
    Hopeless("an unknown model", lambda asked: error(404, "The model `x` does not exist", "model_not_found"),
             ("does not know the model openai-chat:x", "Set CAIRN_MODEL to a model the provider has")),
    Hopeless("a model that is not there, as Ollama says it", lambda asked: error(404, 'model "x" not found'),
             ("does not know the model openai-chat:x",)),
    Hopeless("a web page", lambda asked: HTML, ("is no answer of a model", ADDRESS)),
    Hopeless("a web page that says it is not there", lambda asked: (404, HTML[1], HTML[2]),
             ("is no model server; it sent a web page", ADDRESS)),
    Hopeless("a login page", lambda asked: (403, HTML[1], HTML[2]), ("is no model server", ADDRESS)),
    Hopeless("JSON of something else", lambda asked: json_of(200, {"status": "ok"}),
             ("is no answer of a model: JSON of another kind", ADDRESS)),
    Hopeless("a path that is not there", lambda asked: json_of(404, {"detail": "Not Found"}),
             ("is no model server; it sent Not Found", ADDRESS)),
    Hopeless("a path that is not there, at LM Studio",
             lambda asked: json_of(200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
             ("is no answer of a model", ADDRESS)),
    Hopeless("spent quota", lambda asked: error(429, "You exceeded your quota", "insufficient_quota"),
             ("quota for openai-chat:x is spent",)),
    Hopeless("silence", lambda asked: hang, ("no answer within 0.5 seconds", "CAIRN_MODEL_TIMEOUT"),
             {"CAIRN_MODEL_TIMEOUT": "0.5"}),
]  # fmt: skip


@pytest.mark.parametrize("case", HOPELESS, ids=lambda case: case.name)
def test_what_no_other_call_would_mend_ends_it_at_once(tmp_path: Path, case: Hopeless) -> None:
    with model_server(Formal(fault=case.fault)) as server:
        done = doctor(tmp_path, server, **case.settings)
    assert done.returncode == 1
    assert len(server.asked) == 1
    assert list(verdicts(done)) == ["intent"], "the others are not tried"
    for said in case.said:
        assert said in done.stdout
    assert kept(tmp_path) == {}


def test_a_closed_port_ends_it_at_once(tmp_path: Path) -> None:
    with model_server(Formal()) as server:
        address = f"http://somebody:s3cret@127.0.0.1:{free_port()}/v1"
        done = doctor(tmp_path, server, OPENAI_BASE_URL=address)
    assert done.returncode == 1
    assert "openai-chat:x could not be reached: All connection attempts failed." in done.stdout
    assert "Is the server running, and is OPENAI_BASE_URL right?" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("1 call, 0 tokens in, 0 out.")


def test_a_server_that_always_breaks_is_not_asked_for_ever(tmp_path: Path) -> None:
    with model_server(Formal(fault=lambda asked: error(500, "boom"))) as server:
        done = doctor(tmp_path, server)
    assert (done.returncode, len(server.asked)) == (1, 6)
    assert "boom" in done.stdout
    assert kept(tmp_path) == {}


def test_a_call_that_fails_now_and_then_is_no_verdict(tmp_path: Path) -> None:
    with model_server(Formal(fault=lambda asked: TIRED if asked.number % 4 == 1 else None)) as server:
        done = doctor(tmp_path, server)
    assert done.returncode == 0, done.stdout
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", TOOL))


def test_a_curriculum_without_the_room_for_it_is_tried_stage_by_stage(tmp_path: Path) -> None:
    """And is then asked for in stages from the start."""

    def short(asked: Asked) -> Reply | None:
        return TOO_LONG if form_of(asked.body) == "curriculum" else None

    with model_server(Formal(fault=short)) as server:
        done = doctor(tmp_path, server)
        assert done.returncode == 0, done.stdout
        assert verdicts(done)["curriculum"] == ("ok", "stage by stage")
        assert (
            done.stdout.count("too short a context: The request is too long for openai-chat:x: the requ") == 3
        )
        assert kept(tmp_path) == {
            **dict.fromkeys(THOUGHTS, TOOL),
            "curriculum": None,
            "stages": TOOL,
            "stage": TOOL,
        }
        server.asked.clear()
        done = cairn(tmp_path, "learn", "Learn to bake bread", **server.environment)
        assert done.returncode == 0, done.stderr
        forms = [form_of(asked.body) for asked in server.asked]
        assert forms[:5] == ["intent", "stages", "stage", "stage", "stage"]


def test_each_model_is_tried_for_its_own_thoughts(tmp_path: Path) -> None:
    """One that cannot be asked does not keep the others from being tried."""

    def unknown(asked: Asked) -> Reply | None:
        return error(404, "no such model", "model_not_found") if asked.body["model"] == "y" else None

    with model_server(Formal(fault=unknown)) as server:
        settings = {"CAIRN_MODEL_FOR_QUIZ": "openai-chat:y", "CAIRN_MODEL_FOR_INTENT": "openai-chat:y"}
        done = doctor(tmp_path, server, **settings)
    assert done.returncode == 1
    assert "openai-chat:y at http://127.0.0.1" in done.stdout
    assert verdicts(done)["intent"] == (
        "BAD",
        "The provider does not know the model openai-chat:y: no such model",
    )
    assert "quiz" not in verdicts(done)
    assert kept(tmp_path) == dict.fromkeys(
        ["curriculum", "validation", "edit", "tutorial", "resources"], TOOL
    )


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
    assert f"openai-chat:x at {server.url}; `cairn doctor --model` tries it" in done.stdout
    wrong = cairn(tmp_path, "doctor", CAIRN_MODEL="library", CAIRN_MODEL_FOR_QUIZ="nobody:x")
    assert "BAD  author" in wrong.stdout
