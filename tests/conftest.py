"""What every test may ask for: a real Redis of its own, emptied for each test."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server started for this run on a free loopback port, ended by its own process id."""
    folder = tmp_path_factory.mktemp("redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = shutil.which("redis-server") or str(Path(sys.executable).with_name("redis-server"))
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    for line in server.stdout:
        if "Ready to accept connections" in line:
            break
    yield port
    server.terminate()
    server.communicate(timeout=20)


@pytest.fixture
def empty_redis(redis_port: int) -> int:
    with socket.create_connection(("127.0.0.1", redis_port)) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64) == b"+OK\r\n"
    return redis_port
