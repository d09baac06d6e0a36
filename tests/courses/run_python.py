"""Runs the fences given as arguments in one namespace and prints what the last one prints.

An uncaught error ends it as a reader remembers it: the first line and the last one of the traceback.
"""

import contextlib
import io
import sys
import traceback


def run(chain: list[str]) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    sys.path.insert(0, "")
    with contextlib.redirect_stdout(io.StringIO()):
        for code in chain[:-1]:
            execute(code, namespace)
    execute(chain[-1], namespace)


def execute(code: str, namespace: dict[str, object]) -> None:
    try:
        exec(compile(code, "<sample>", "exec"), namespace)
    except Exception as error:
        last = traceback.format_exception_only(error)[-1].rstrip()
        print(f"Traceback (most recent call last):\n  ...\n{last}")


if __name__ == "__main__":
    run(sys.argv[1:])
