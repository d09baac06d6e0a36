"""Cairn as a real process: started, asked over HTTP, killed, started again."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.databases import Database, rows_of
from tests.prepared import Begin, from_nothing


def environment(folder: Path, **settings: str) -> dict[str, str]:
    return {**os.environ, "CAIRN_DATA_DIR": str(folder), "CAIRN_LOG_FORMAT": "json", **settings}


class Starting:
    """How processes are started. The tests choose a quicker way than a user has, but not with `--full`."""

    begin: Begin = staticmethod(from_nothing)


def cairn(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, as in a pipe."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = Starting.begin(["cairn", *words], environment(folder, **settings), out, errors)
        try:
            code = process.wait(120)
        finally:
            process.kill()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), errors.read())


class Served:
    """One `cairn serve`; `url` is where it listens. `program`: the module that is run."""

    def __init__(
        self, folder: Path, port: int = 0, words: Sequence[str] = (), program: str = "cairn", **settings: str
    ) -> None:
        self.environment = environment(folder, **settings)
        self.errors = (folder.parent / f"{folder.name}.log").open("a+")
        self.process = Starting.begin(
            [program, "serve", "--port", str(port), *words], self.environment, None, self.errors
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert "http://" in said, self.log()
        self.url = said.split("at ")[1].strip().rstrip("/")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read().decode())

    def events(self, task_id: str, after: int = 0) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Follow the stream to its end, or to where the reader stops."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/tasks/{task_id}/events", headers={"Last-Event-ID": str(after)}
        )
        with urllib.request.urlopen(request, timeout=60) as stream:
            seen: dict[str, str] = {}
            for raw in stream:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    seen[name] = value
                elif "data" in seen:
                    yield int(seen["id"]), seen["event"], json.loads(seen["data"])
                    seen = {}

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.wait()

    def log(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the database as any other process may."""
        return rows_of(self.environment, query)


@contextmanager
def serving(
    folder: Path, port: int = 0, words: Sequence[str] = (), program: str = "cairn", **settings: str
) -> Iterator[Served]:
    served = Served(folder, port, words, program, **settings)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.stop()
        served.errors.close()


def serving_on(
    database: Database, port: int = 0, words: Sequence[str] = (), program: str = "cairn", **settings: str
) -> AbstractContextManager[Served]:
    return serving(database.folder, port, words, program, **{**database.environment, **settings})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
