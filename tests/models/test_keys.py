"""What a request to a model is known by in the journal: the same in any process, in each mode; another where
another form is asked for."""

import json
import os
import subprocess
import sys

from tests.models.forms import Formal
from tests.models.server import model_server
from tests.models.wire import Asked


def answer(asked: Asked) -> dict[str, object]:
    """Has both forms that are asked for."""
    item = {"title": "A book", "phrase": "a book", "type": "book", "description": "Good."}
    return {"notes": ["It is short."], "items": [item]}


def test_keys_are_the_same_in_any_process_and_of_their_form() -> None:
    with model_server(Formal(answers={"asked": answer})) as server:

        def ask(seed: str) -> dict[str, list[str]]:
            settings = {**os.environ, **server.environment, "PYTHONHASHSEED": seed}
            said = subprocess.run(
                [sys.executable, "-m", "tests.models.asking"], env=settings, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert said.returncode == 0, said.stderr
            return json.loads(said.stdout)

        first, second = ask("1"), ask("2")
    assert first == second, "ids of tool calls, which the server counts on, and times are in no key"
    every = [key for keys in first.values() for key in keys]
    assert len(every) == len(set(every)) == 12, "mode, form and re-ask are in each"
