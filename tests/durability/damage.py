"""Ways to lose LangGraph's checkpoints between two processes: thrown away, overwritten, half written, or
written by another program than today's."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from langgraph.graph import END, START, StateGraph

from cairn.store.postgres import for_libpq
from cairn.workflow import steps, walk
from cairn.workflow.state import Context, State
from tests.durability.actor import Stage
from tests.durability.grounds import Ground

BLOBS = {
    "sqlite": [("checkpoints", "rowid", "checkpoint"), ("writes", "rowid", "value")],
    "postgres": [("checkpoint_blobs", "ctid", "blob"), ("checkpoint_writes", "ctid", "blob")],
}
"""Where bytes lie: table, what names a row of it, column."""


@dataclass(frozen=True)
class Damage:
    """`before` turns the process that is to be killed into another program; `after` harms what it left, and
    tells how much of it."""

    name: str
    before: Callable[[Stage], Any] = lambda stage: None
    after: Callable[[Ground, random.Random], int] = lambda ground, chance: count(ground)
    on: tuple[str, ...] = ("SQLite", "PostgreSQL")


class Kept:
    """The checkpoints of a ground on which nobody works, as rows of bytes."""

    def __init__(self, ground: Ground) -> None:
        self.kind = "postgres" if ground.url else "sqlite"
        self.session: Any = (
            psycopg.connect(for_libpq(ground.url), autocommit=True)
            if ground.url
            else sqlite3.connect(ground.settings.checkpoints, isolation_level=None)
        )

    def tables(self) -> list[tuple[str, str, str]]:
        """None before the first walk has begun."""
        if self.kind == "postgres":
            return BLOBS["postgres"]
        made = {name for [name] in self.session.execute("SELECT name FROM sqlite_master")}
        return [place for place in BLOBS["sqlite"] if place[0] in made]

    def change(self, harm: Callable[[bytes], bytes]) -> int:
        changed = 0
        mark = "%s" if self.kind == "postgres" else "?"
        for table, row, column in self.tables():
            found = self.session.execute(f"SELECT {row}, {column} FROM {table}").fetchall()
            for name, held in found:
                if held:
                    given = (harm(bytes(held)), name)
                    self.session.execute(f"UPDATE {table} SET {column} = {mark} WHERE {row} = {mark}", given)
                    changed += 1
        return changed


def count(ground: Ground) -> int:
    with closing(Kept(ground).session) as session:
        table = "checkpoints"
        if not ground.url and not session.execute("SELECT 1 FROM sqlite_master").fetchone():
            return 0
        return session.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def throw_away(ground: Ground, chance: random.Random) -> int:
    lost = count(ground)
    if ground.url:
        with psycopg.connect(for_libpq(ground.url), autocommit=True) as session:
            session.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")
    else:
        for path in ground.settings.checkpoints.parent.glob("checkpoints.db*"):
            path.unlink()
    return lost


def overwrite(ground: Ground, chance: random.Random) -> int:
    """Every blob is garbage of its own length; in PostgreSQL the position beside them is another JSON."""
    kept = Kept(ground)
    with closing(kept.session):
        if ground.url:
            kept.session.execute("""UPDATE checkpoints SET checkpoint = '{"garbage": [1, 2, 3]}'""")
        return kept.change(lambda held: chance.randbytes(len(held)))


def flip(ground: Ground, chance: random.Random) -> int:
    """One bit in every blob: some are then no message at all, some are one that says something else."""

    def harm(held: bytes) -> bytes:
        at = chance.randrange(len(held))
        return held[:at] + bytes([held[at] ^ 1 << chance.randrange(8)]) + held[at + 1 :]

    kept = Kept(ground)
    with closing(kept.session):
        if ground.url:
            kept.session.execute(
                "UPDATE checkpoints SET checkpoint = jsonb_set(checkpoint, '{channel_values,round}', '6')"
            )
        return kept.change(harm)


def halve(ground: Ground, chance: random.Random) -> int:
    """Half of the rows of every table are not there, as of a write that was cut off."""
    kept = Kept(ground)
    gone = 0
    with closing(kept.session):
        tables = kept.tables()
        for table, row, _ in [*tables, *([("checkpoints", "ctid", "")] if ground.url else [])]:
            for [name] in kept.session.execute(f"SELECT {row} FROM {table}").fetchall():
                if chance.random() < 0.5:
                    mark = "%s" if ground.url else "?"
                    kept.session.execute(f"DELETE FROM {table} WHERE {row} = {mark}", (name,))
                    gone += 1
    return gone


def spoil_the_file(ground: Ground, chance: random.Random) -> int:
    """The file itself: its head is garbage."""
    path: Path = ground.settings.checkpoints
    harmed = count(ground)
    with path.open("r+b") as file:
        file.write(chance.randbytes(100))
    for beside in path.parent.glob("checkpoints.db-*"):
        beside.unlink()
    return harmed


def spoil_a_page(ground: Ground, chance: random.Random) -> int:
    """The head and the tables' names are sound, a page behind them is garbage."""
    path: Path = ground.settings.checkpoints
    harmed = count(ground)
    with closing(sqlite3.connect(path)) as session:
        session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(chance.randbytes(max(0, size - 4096)))
    return harmed if size > 4096 else 0


def another_drawing(stage: Stage) -> None:
    """The same steps under other names, with today's version: LangGraph then ends without a word."""
    graph = StateGraph(State, Context)
    line = (
        "intent_analysis", "curriculum_design", "structure_validation", "publish", "write_concepts", "finish",
    )  # fmt: skip
    for name in line:
        graph.add_node(f"old_{name}", getattr(steps, name))
    for before, after in pairwise((START, *(f"old_{name}" for name in line), END)):
        graph.add_edge(before, after)
    runner = stage.cairn.runner
    runner.graph = graph.compile(runner.graph.checkpointer)  # type: ignore[assignment]


def another_version(stage: Stage) -> None:
    """In this process alone, which is a fork."""
    walk.GRAPH_VERSION += 1


DAMAGES = [
    Damage("thrown away", after=throw_away),
    Damage("garbage", after=overwrite),
    Damage("bits flipped", after=flip),
    Damage("half written", after=halve),
    Damage("renamed nodes", before=another_drawing),
    Damage("another version", before=another_version),
    Damage("file spoilt", after=spoil_the_file, on=("SQLite",)),
    Damage("page spoilt", after=spoil_a_page, on=("SQLite",)),
]
