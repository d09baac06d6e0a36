"""One line from a person at a terminal."""

import contextlib
import importlib
import signal
import sys


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_line(prompt: str) -> str | None:
    """None at the end of input. Raises `KeyboardInterrupt` at Ctrl-C.

    It blocks the event loop, on purpose: nothing runs in this process while it asks, and a thread that waits
    in a read could not be ended by Ctrl-C."""
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # arrows and history, where the platform has them
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt).strip()
    except EOFError:
        print()
        return None
    finally:
        signal.signal(signal.SIGINT, usual)
