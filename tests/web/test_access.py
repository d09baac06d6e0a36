"""Each request has an id, which is in its answer and in all that is logged of it."""

import json
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cairn.store.postgres import for_libpq
from tests.databases import Database
from tests.process import Served, serving_on

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "3"}
ASK = "/api/v1/generation/roadmap"


def id_of(served: Served, path: str, **headers: str) -> str:
    """Of the answer to a GET."""
    request = urllib.request.Request(f"{served.url}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers["X-Request-ID"]


def lines(served: Served) -> list[dict[str, Any]]:
    """Of the log once the process has ended: all of it is JSON."""
    served.stop()
    return [json.loads(line) for line in served.log().splitlines()]


def test_a_request_is_logged_once_under_the_id_it_came_with(tmp_path: Path) -> None:
    with serving_on(Database(tmp_path / "data"), **FAST) as served:
        assert id_of(served, "/api/v1/tasks?limit=3", **{"X-Request-ID": "from-the-proxy:1"}) == (
            "from-the-proxy:1"
        )
        made = id_of(served, "/api/v1/tasks")
        assert made not in ("", "from-the-proxy:1")
        for odd in ("a b", "a" * 129, "<b>", "é"):
            assert id_of(served, "/api/v1/tasks", **{"X-Request-ID": odd}) not in ("", odd)
        assert served.call("GET", "/api/v1/tasks/none%0A%1B[31m")[0] == 404
        id_of(served, "/healthz")
        id_of(served, "/static/page.css")
        told = [line for line in lines(served) if line["event"] == "http_request"]
    first = told[0]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/api/v1/tasks", 200)
    assert (first["request_id"], first["level"]) == ("from-the-proxy:1", "info")
    assert first["ms"] > 0
    assert told[1]["request_id"] == made
    assert len({line["request_id"] for line in told}) == len(told) == 7, "one line each, none for a probe"
    assert told[6]["path"] == "/api/v1/tasks/none%0A%1B[31m", "as it was sent"


def test_a_stream_is_logged_at_its_end(tmp_path: Path) -> None:
    with serving_on(Database(tmp_path / "data"), **FAST, CAIRN_SIMULATED_DELAY="0.1") as served:
        _, made = served.call("POST", ASK, {"query": "Learn Redis"})
        following = f"/api/v1/tasks/{made['task_id']}/events"
        next(served.events(made["task_id"]))
        assert [kind for _, kind, _ in served.events(made["task_id"])][-1] == "task_ended"
        told = lines(served)
    streams = [line for line in told if line.get("path") == following]
    assert [line["status"] for line in streams] == [200, 200]
    ended = next(number for number, line in enumerate(told) if line["event"] == "task_finished")
    assert told.index(streams[-1]) > ended - 2, "not when it began"
    runs = [line for line in told if "task_id" in line]
    assert not any("request_id" in line for line in runs), "a run is of no request"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_fault_of_ours_is_found_in_the_log_by_the_id_it_was_told_under(
    database: Database, accept: str
) -> None:
    with serving_on(database, **FAST) as served:
        _, made = served.call("POST", ASK, {"query": "Learn Redis"})
        list(served.events(made["task_id"]))
        drop(database, "progress")
        path = f"/roadmaps/{made['roadmap_id']}"
        path = path if accept == "text/html" else f"/api/v1{path}"
        request = urllib.request.Request(f"{served.url}{path}", headers={"Accept": accept})
        with pytest.raises(urllib.error.HTTPError) as broke:
            urllib.request.urlopen(request, timeout=30)
        with broke.value as answer:
            body, request_id = answer.read().decode(), answer.headers["X-Request-ID"]
        assert answer.code == 500
        assert request_id in body
        assert "Traceback" not in body
        if accept != "text/html":
            assert json.loads(body)["error_id"] == request_id
        told = [line for line in lines(served) if line.get("request_id") == request_id]
    assert [line["event"] for line in told] == ["request_broke", "http_request"], "the server adds nothing"
    assert "no such table" in told[0]["exception"] or "UndefinedTable" in told[0]["exception"]
    assert "[SQL parameters hidden" in told[0]["exception"]
    assert (told[1]["status"], told[1]["level"]) == (500, "warning")


def drop(database: Database, table: str) -> None:
    if database.url:
        with psycopg.connect(for_libpq(database.url), autocommit=True) as session:
            session.execute(f"DROP TABLE {table}")  # type: ignore[arg-type]
        return
    with closing(sqlite3.connect(database.folder / "cairn.db")) as connection:
        connection.execute(f"DROP TABLE {table}")
