"""How many connections to a server each kind of process may hold, and how many more a server has for them."""

import os
from dataclasses import dataclass

from cairn.store.engines import LEASES, LISTENERS, READERS, WRITERS
from cairn.store.migrate import session

CHECKPOINTS = 4
"""LangGraph's saver, in a process that runs tasks."""
BESIDE = WRITERS + READERS + LISTENERS
"""`serve` that runs no tasks, and a command that looks or decides."""
WORKER = WRITERS + READERS + LEASES + CHECKPOINTS
SERVE = WORKER + LISTENERS
"""`serve` that runs tasks, and a command that follows its own."""


def at_work_name() -> str:
    """By which the server shows a process that runs tasks: it holds one such connection at least."""
    return f"cairn checkpoints {os.getpid()}"


LIMITS = """
SELECT current_setting('max_connections')::int
     - current_setting('superuser_reserved_connections')::int
     - coalesce(current_setting('reserved_connections', true), '0')::int AS server,
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS database,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS role
"""
# Of other roles' sessions the server may show no more than that they are there.
USED = """
SELECT count(*) AS server,
    count(*) FILTER (WHERE datname = current_database()) AS database,
    count(*) FILTER (WHERE usename = current_user) AS role,
    count(*) FILTER (WHERE application_name LIKE 'cairn %') AS ours,
    count(*) FILTER (WHERE application_name = 'cairn writer') AS writers,
    count(DISTINCT (client_addr, application_name))
        FILTER (WHERE application_name LIKE 'cairn checkpoints %') AS at_work
FROM pg_stat_activity
WHERE datname IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
    AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Room:
    """`limit`, `used`: of the server, or of this role or database where that is narrower. `at_work`: how many
    processes run tasks; `beside`: others."""

    limit: int
    used: int
    ours: int
    at_work: int
    beside: int

    @property
    def grown(self) -> int:
        """What Cairn's processes hold once each has opened all it may."""
        return max(self.ours, self.at_work * SERVE + self.beside * BESIDE)

    def more(self, size: int) -> int:
        """How many more processes that hold `size` each fit then."""
        return max(0, (self.limit - self.used - (self.grown - self.ours)) // size)


def room_of(url: str) -> Room:
    """What this server has for programs now. Raises `Unusable` where it cannot be asked."""
    with session(url) as connection:
        limits = connection.execute(LIMITS).fetchone() or {}
        used = connection.execute(USED).fetchone() or {}
    scopes = [scope for scope in ("server", "database", "role") if limits[scope] >= 0]  # -1: no limit
    narrowest = min(scopes, key=lambda scope: limits[scope] - used[scope])
    return Room(
        limit=limits[narrowest], used=used[narrowest], ours=used["ours"], at_work=used["at_work"],
        beside=max(0, used["writers"] - used["at_work"]),
    )  # fmt: skip
