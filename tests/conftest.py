"""What every test may ask for, all of it real: a database, a Redis, a browser. Says at the end what ran.

Nothing here reaches beyond this machine: a test that tries to is stopped.
"""

import ipaddress
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from cairn.store.migrate import upgrade_postgres
from tests.databases import Database, on_server
from tests.postgres import NoPostgres, Postgres
from tests.prepared import begin
from tests.process import Starting
from tests.scale.brokers import NoRabbit, Rabbit, Redis

KINDS = ("sqlite", "postgres")
BROWSER_SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NO_BROWSER = "no Chromium: install Debian's `chromium`, or put `chromium` or `google-chrome` on the PATH"
services: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="add the long sweeps")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "full(*databases): one more of a kind that has others; run by --full alone, or so on these"
    )
    sys.addaudithook(stay_at_home)
    if not config.getoption("--full"):
        Starting.begin = begin


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if any(meant(item, mark) for mark in item.iter_markers("full"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def meant(item: pytest.Item, mark: pytest.Mark) -> bool:
    """Whether a mark is of the database this one runs on."""
    chosen = item.callspec.params.values() if isinstance(item, pytest.Function) and mark.args else ()
    return not mark.args or any(database in chosen for database in mark.args)


def stay_at_home(event: str, args: tuple[Any, ...]) -> None:
    """Refuse connections to anything but this machine."""
    if event != "socket.connect" or not isinstance(args[1], tuple):
        return
    host = str(args[1][0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise RuntimeError(f"a test tried to reach {host}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("services")
    for name, said in sorted(services.items()):
        terminalreporter.write_line(f"{name}: {said}")
    if not services:
        terminalreporter.write_line("none was asked for")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server started for this run, ended by its own process id. `migrated` on it is of today's
    schema, to make others from."""
    try:
        server = Postgres()
    except NoPostgres as error:
        services["postgres"] = f"skipped, {error}"
        pytest.skip(str(error))
    try:
        services["postgres"] = f"ran, {server.version} ({server.programs / 'postgres'})"
        upgrade_postgres(server.create("migrated"), wait=0)
        yield server
    finally:
        server.close()


@contextmanager
def fresh(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of today's schema, of the kind the request names."""
    folder = folders.mktemp(request.param) / "data"
    if request.param == "sqlite":
        yield Database(folder)
        return
    with on_server(request.getfixturevalue("postgres"), folder) as made:
        yield made


@pytest.fixture
def on_postgres(postgres: Postgres, tmp_path: Path) -> Iterator[Database]:
    with on_server(postgres, tmp_path / "data") as made:
        yield made


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with fresh(request, tmp_path_factory) as made:
        yield made


@pytest.fixture(params=KINDS, scope="module")
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One for a whole module."""
    with fresh(request, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server started for this run on a free loopback port, ended by its own process id."""
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        services["redis"] = f"ran, {server.version} ({server.program})"
        yield server.port


@pytest.fixture
def empty_redis(redis_port: int) -> int:
    with socket.create_connection(("127.0.0.1", redis_port)) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64) == b"+OK\r\n"
    return redis_port


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    """A RabbitMQ started for this run, ended by its process id. Skips, and says why, where there is none."""
    try:
        server = Rabbit(tmp_path_factory.mktemp("rabbitmq"))
    except NoRabbit as error:
        services["rabbitmq"] = f"skipped, {error}"
        pytest.skip(str(error))
    with server:
        services["rabbitmq"] = f"ran ({server.program})"
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium without a window. Skips, and says why, where there is none. One per module: as long as
    Playwright is open, its event loop runs in this thread, and no other test could start one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        services["browser"] = f"skipped, {NO_BROWSER}"
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=BROWSER_SWITCHES)
        services["browser"] = f"ran, Chromium {started.version} ({program})"
        yield started
        started.close()
