"""What the doctor finds wrong with a model, in words that a person understands."""

import json
from dataclasses import dataclass, field

import pytest

from tests.databases import Database
from tests.models.answers import ANSWERS
from tests.models.doctoring import KEY, THOUGHTS, DoctorHere, kept, verdicts
from tests.models.faults import Fault, hang
from tests.models.forms import Formal, in_chinese
from tests.models.openai_chat import NATIVE, PROMPTED, TOOL, error, way_of
from tests.models.server import model_server
from tests.models.wire import Asked, Reply
from tests.process import cairn

TIRED = error(500, "boom")
TOO_LONG = error(400, "the request exceeds the available context size, try increasing it")


def test_what_is_found_anew_takes_the_place_of_what_was_kept(
    doctor_here: DoctorHere, folder: Database
) -> None:
    with model_server(Formal(ways=(PROMPTED,))) as server:
        doctor_here(server)
        server.ways = (TOOL, NATIVE, PROMPTED)
        doctor_here(server)
    assert kept(folder) == dict.fromkeys(THOUGHTS, TOOL)


@pytest.mark.parametrize("before", ["", "\x1b[31m" + "x" * 70], ids=["at the beginning", "at the cut"])
def test_a_model_that_says_the_key_is_quoted_without_it(
    doctor_here: DoctorHere, folder: Database, before: str
) -> None:
    told = f"{before} {KEY}, is it not?"
    with model_server(Formal(fault=lambda asked: asked.speaks.says(asked, told))) as server:
        done = doctor_here(server)
    kept_words = str(folder.rows("SELECT DISTINCT failed FROM model_modes"))
    for said in (done.stdout, kept_words):
        assert "it ignores the tool and answers in words: “" in said
        assert "(k" in said
        assert "k-o" not in said, "not even the beginning of it"
        assert "\x1b" not in said
        assert "\\x1b" not in said


def test_a_field_that_is_wrong_is_named(doctor_here: DoctorHere) -> None:
    def soon(asked: Asked) -> dict[str, object]:
        return {"title": "Tea", "summary": "Tea", "markdown": "Tea", "minutes": "soon"}

    with model_server(Formal(answers={"tutorial": soon})) as server:
        done = doctor_here(server)
    assert done.returncode == 1
    said = "not native: it does not keep to the form: minutes: Input should be a valid integer"
    assert said in done.stdout
    assert verdicts(done)["tutorial"] == ("BAD", "no way works")
    assert {right for right, _ in verdicts(done).values()} == {"ok", "BAD"}


def test_a_model_that_drifts_into_chinese_is_told(doctor_here: DoctorHere) -> None:
    always_chinese = {"tutorial": lambda asked: in_chinese(ANSWERS["tutorial"](asked))}
    with model_server(Formal(answers=always_chinese)) as server:
        done = doctor_here(server)
    assert verdicts(done)["tutorial"] == ("BAD", "no way works")
    assert "not prompted: asked for English, it answers in Chinese or in both: “" in done.stdout


def test_a_server_without_tools_says_so_in_its_own_words(doctor_here: DoctorHere) -> None:
    def no_tools(asked: Asked) -> Reply | None:
        return NO_TOOLS if way_of(asked.body) == TOOL else None

    with model_server(Formal(fault=no_tools)) as server:
        done = doctor_here(server)
    assert done.returncode == 0
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", NATIVE))
    assert done.stdout.count("not tool: openai-chat:x cannot be given tools: registry") == len(THOUGHTS)


def test_a_way_that_is_not_offered_for_a_model_is_passed_over(doctor_here: DoctorHere) -> None:
    """Ollama's cloud takes a form and does not hold to it, so it is not asked for."""
    with model_server(Formal(ways=(PROMPTED,))) as server:
        settings = {"CAIRN_MODEL": "ollama:x-cloud", "OLLAMA_BASE_URL": f"{server.url}/v1"}
        done = doctor_here(server, **settings)
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
ECHO = error(401, f"Incorrect API key provided: {KEY}. You can find yours at", "invalid_api_key")
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
    Hopeless("silence", hang, ("no answer within 0.5 seconds", "CAIRN_MODEL_TIMEOUT"),
             {"CAIRN_MODEL_TIMEOUT": "0.5"}),
]  # fmt: skip


@pytest.mark.parametrize("case", HOPELESS, ids=lambda case: case.name)
def test_what_no_other_call_would_mend_ends_it_at_once(
    doctor_here: DoctorHere, folder: Database, case: Hopeless
) -> None:
    with model_server(Formal(fault=case.fault)) as server:
        done = doctor_here(server, **case.settings)
    assert done.returncode == 1
    assert len(server.asked) == 1
    assert list(verdicts(done)) == ["intent"], "the others are not tried"
    for said in case.said:
        assert said in done.stdout
    assert kept(folder) == {}


def test_a_server_that_always_breaks_is_not_asked_for_ever(doctor_here: DoctorHere, folder: Database) -> None:
    with model_server(Formal(fault=lambda asked: error(500, "boom"))) as server:
        done = doctor_here(server)
    assert (done.returncode, len(server.asked)) == (1, 6)
    assert "boom" in done.stdout
    assert kept(folder) == {}


def test_a_call_that_fails_now_and_then_is_no_verdict(doctor_here: DoctorHere) -> None:
    with model_server(Formal(fault=lambda asked: TIRED if asked.number % 4 == 1 else None)) as server:
        done = doctor_here(server)
    assert done.returncode == 0, done.stdout
    assert verdicts(done) == dict.fromkeys(THOUGHTS, ("ok", TOOL))


@pytest.mark.full
def test_a_curriculum_without_room_is_tried_stage_by_stage(doctor_here: DoctorHere, folder: Database) -> None:
    """And is then asked for in stages from the start."""

    def short(asked: Asked) -> Reply | None:
        return TOO_LONG if asked.thought == "curriculum" else None

    with model_server(Formal(fault=short)) as server:
        done = doctor_here(server)
        assert done.returncode == 0, done.stdout
        assert verdicts(done)["curriculum"] == ("ok", "stage by stage")
        assert (
            done.stdout.count("too short a context: The request is too long for openai-chat:x: the requ") == 3
        )
        assert kept(folder) == {
            **dict.fromkeys(THOUGHTS, TOOL),
            "curriculum": None,
            "stages": TOOL,
            "stage": TOOL,
        }
        server.asked.clear()
        done = cairn(folder.folder, "learn", "Learn to bake bread", **server.environment)
        assert done.returncode == 0, done.stderr
        forms = [asked.thought for asked in server.asked]
        assert forms[:5] == ["intent", "stages", "stage", "stage", "stage"]


def test_each_model_is_tried_for_its_own_thoughts(doctor_here: DoctorHere, folder: Database) -> None:
    """One that cannot be asked does not keep the others from being tried."""

    def unknown(asked: Asked) -> Reply | None:
        return error(404, "no such model", "model_not_found") if asked.body["model"] == "y" else None

    with model_server(Formal(fault=unknown)) as server:
        settings = {"CAIRN_MODEL_FOR_QUIZ": "openai-chat:y", "CAIRN_MODEL_FOR_INTENT": "openai-chat:y"}
        done = doctor_here(server, **settings)
    assert done.returncode == 1
    assert "openai-chat:y at http://127.0.0.1" in done.stdout
    assert verdicts(done)["intent"] == (
        "BAD",
        "The provider does not know the model openai-chat:y: no such model",
    )
    assert "quiz" not in verdicts(done)
    assert kept(folder) == dict.fromkeys(["curriculum", "validation", "edit", "tutorial", "resources"], TOOL)
