from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.databases import Database
from tests.models.doctoring import KEY, DoctorHere, Done, doctor_in
from tests.models.forms import Formal
from tests.models.server import PROTOCOLS, Server, model_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A model on loopback, which this process is told to ask."""
    yield from serving(Server(), monkeypatch)


@pytest.fixture
def any_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The same, asked by the protocol that the test is parametrized with."""
    yield from serving(Server(speaks=PROTOCOLS[request.param]), monkeypatch)


@pytest.fixture
def responses_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The same, asked by OpenAI's second protocol, whose errors are those of its first."""
    yield from serving(Server(speaks=PROTOCOLS["openai-responses"]), monkeypatch)


def serving(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with model_server(server):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Database:
    return Database(tmp_path / "data")


@pytest.fixture
def doctor_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Database
) -> Iterator[DoctorHere]:
    """`cairn doctor --model` in this process, on the database `folder`."""

    def ask(server: Formal, **settings: str) -> Done:
        code = doctor_in(folder, server, monkeypatch, **settings)
        said = capsys.readouterr()
        assert KEY not in said.out + said.err
        return Done([], code, said.out, said.err)

    yield ask
    structlog.reset_defaults()
