"""`cairn doctor --model` asked by a test, as a process or in this one, and what it says of each thought."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from cairn.terminal.models import try_models
from tests.databases import Database
from tests.models.forms import Formal
from tests.process import cairn

THOUGHTS = ["intent", "curriculum", "validation", "edit", "tutorial", "resources", "quiz"]
KEY = "k-of-the-tests"
Done = CompletedProcess[str]
DoctorHere = Callable[..., Done]
"""Given a server, and settings by name."""


def doctor(folder: Path, server: Formal, **settings: str) -> Done:
    done = cairn(folder, "doctor", "--model", **{**server.environment, **settings})
    assert "Traceback" not in done.stderr, done.stderr
    assert KEY not in done.stdout + done.stderr
    return done


def verdicts(done: Done) -> dict[str, tuple[str, str]]:
    """What is said of each thought: ok or BAD, and the way."""
    heads = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line[:4] in ("ok  ", "BAD ")]
    return {thought: (right, way) for right, thought, way in heads}


def kept(database: Database) -> dict[str, str | None]:
    return dict(database.rows("SELECT form, mode FROM model_modes"))


def doctor_in(folder: Database, server: Formal, monkeypatch: pytest.MonkeyPatch, **settings: str) -> int:
    """In this process, which has the libraries of models loaded already."""
    for name, value in {**folder.environment, **server.environment, **settings}.items():
        monkeypatch.setenv(name, value)
    return asyncio.run(try_models())
