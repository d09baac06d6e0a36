"""One form for all that is logged, each line under what it belongs to, and no secret in any."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Database
from tests.models.server import Server, model_server
from tests.models.wire import Asked, Reply, Trouble
from tests.process import Served, serving_on

ASK = "/api/v1/generation/roadmap"
SECRET = "s3cret/of=ours"


def logged(program: str, form: str = "json", **environment: str) -> list[str]:
    said = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return said.stderr.splitlines()


def told_by(served: Served) -> list[dict[str, Any]]:
    served.stop()
    return [json.loads(line) for line in served.log().splitlines()]


OF_LIBRARIES = """
import asyncio, logging, warnings
import structlog
from cairn.logs import set_up_logs
set_up_logs("json")
set_up_logs("json")
with structlog.contextvars.bound_contextvars(task_id="t_1"):
    logging.getLogger("celery.worker").warning("lost %s", "the broker")
    logging.getLogger("uvicorn.error").error("broke", exc_info=ValueError("boom"))
    warnings.warn("old", DeprecationWarning, stacklevel=1)
logging.getLogger("httpx").info("a request to a model")
structlog.get_logger().info("ours")
"""


def test_what_libraries_log_comes_in_the_same_form_once() -> None:
    lost, broke, old, ours = map(json.loads, logged(OF_LIBRARIES, PYTHONWARNINGS="always"))
    assert (lost["event"], lost["logger"], lost["level"]) == ("lost the broker", "celery.worker", "warning")
    assert lost["task_id"] == broke["task_id"] == "t_1"
    assert "ValueError: boom" in broke["exception"]
    assert old["logger"] == "py.warnings"
    assert set(ours) == {"event", "level", "timestamp"}
    assert set(ours) < set(lost)


OF_SECRETS = """
import logging
import structlog
from cairn.logs import set_up_logs
from cairn.settings import read_settings
settings = read_settings()
set_up_logs("{form}", secrets=settings.secrets)
log = structlog.get_logger()
log.info("connecting", to=settings.postgres)
try:
    raise RuntimeError(f"no way to {{settings.postgres}} with sk-live-123456")
except RuntimeError:
    log.exception("broke")
    logging.getLogger("sqlalchemy").exception("broke too")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_holds_a_secret_whatever_quotes_it(form: str) -> None:
    address = f"postgresql+asyncpg://cairn:{SECRET.replace('/', '%2F')}@localhost/cairn"
    said = "\n".join(
        logged(OF_SECRETS.format(form=form), CAIRN_DATABASE_URL=address, OPENAI_API_KEY="sk-live-123456")
    )
    assert "s3cret" not in said
    assert "sk-live" not in said
    assert "localhost/cairn" in said
    assert said.count("[hidden]") >= 5


def test_two_runs_at_once_are_told_apart_line_by_line(database: Database) -> None:
    settings = {
        "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "6", "CAIRN_SIMULATED_DELAY": "0.05",
    }  # fmt: skip
    with serving_on(database, **settings) as served:
        tasks = [served.call("POST", ASK, {"query": f"Learn {goal}"})[1] for goal in ("Redis", "Rust")]
        for task in tasks:
            assert [kind for _, kind, _ in served.events(task["task_id"])][-1] == "task_ended"
        owners = dict(served.rows("SELECT concept_id, roadmap_id FROM tutorial_metadata"))
        told = told_by(served)
    of_runs = [line for line in told if line["event"] != "http_request"]
    roadmap_of = {task["task_id"]: task["roadmap_id"] for task in tasks}
    assert {line["task_id"] for line in of_runs} == set(roadmap_of), "each line names its task"
    switches = sum(a["task_id"] != b["task_id"] for a, b in pairwise(of_runs))
    assert switches > 10, "they ran at once"
    pieces = [line for line in of_runs if "concept_id" in line]
    assert len(pieces) == 2 * 6 * 5
    assert all(owners[line["concept_id"]] == roadmap_of[line["task_id"]] for line in pieces)
    for task_id in roadmap_of:
        own = [line["event"] for line in of_runs if line["task_id"] == task_id]
        assert (own[0], own[-1]) == ("task_claimed", "task_finished")


def test_a_bad_key_and_what_was_asked_are_in_no_log(tmp_path: Path) -> None:
    """The server quotes the key, as some do."""

    def refuse(asked: Asked) -> Reply:
        return asked.speaks.refuses(Trouble.bad_key, f"Incorrect API key provided: {asked.key}")

    goal = "Learn the unmistakable craft of thatching"
    with (
        model_server(Server(fault=refuse)) as server,
        serving_on(Database(tmp_path / "data"), **server.environment) as served,
    ):
        _, made = served.call("POST", ASK, {"query": goal})
        assert [kind for _, kind, _ in served.events(made["task_id"])][-1] == "task_ended"
        told = told_by(served)
    assert any(line["event"] == "task_finished" and line["status"] == "failed" for line in told)
    keys = [value for name, value in server.environment.items() if name.endswith("_KEY")]
    assert keys
    for line in told:
        assert not any(key in json.dumps(line) for key in keys)
        assert "thatching" not in json.dumps(line)
