"""Tables of what a sweep did: printed at the end of the run, and kept as files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KEPT_IN = Path(__file__).parents[2] / "out" / "durability"
HEAD = ("database", "scenario", "points", "tried", "failed", "seconds")
PRINTED: list[str] = []
"""What the end of the run prints."""


class Table:
    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def add(self, database: str, scenario: str, points: int, tried: int, failed: int, seconds: float) -> None:
        self.rows.append((database, scenario, str(points), str(tried), str(failed), f"{seconds:.1f}"))

    def __str__(self) -> str:
        rows = [HEAD, ("---",) * len(HEAD), *self.rows]
        widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
        padded = [[cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in padded)

    @classmethod
    @contextmanager
    def kept(cls, name: str, request: pytest.FixtureRequest) -> Iterator["Table"]:
        table = cls()
        yield table
        full = "full" if request.config.getoption("--full") else "sample"
        KEPT_IN.mkdir(parents=True, exist_ok=True)
        (KEPT_IN / f"{name}-{full}.md").write_text(f"{table}\n")
        PRINTED.append(f"{name} ({full})\n{table}")
