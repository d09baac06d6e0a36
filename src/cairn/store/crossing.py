"""Crossings: every commit and every call has a name and is told just before and just after it.

A process can die, stop or be moved aside between any two of them; tests do so at each name.
"""

from collections.abc import Callable

BEFORE = "before"
AFTER = "after"

Cross = Callable[[str, str], None]
"""Given the name (`commit tutorial:c1`, `call KEY`) and `before` or `after`."""


def pass_by(name: str, when: str) -> None:
    """The usual way: nothing happens there."""
