"""Brokers of a test's own on free loopback ports, each ended by its process id."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.process import free_port

PATIENCE = 60.0


class Redis:
    """Keeps nothing on disk: after a restart it is empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.program = shutil.which("redis-server") or str(Path(sys.executable).with_name("redis-server"))
        self.version = "of unknown version"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Redis":
        """Returns when it takes connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
             "--save", ""],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"version=([0-9.]+)", line):
                self.version = found[1]
            if "Ready to accept connections" in line:
                return self
        raise AssertionError("Redis did not start")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.communicate()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=PATIENCE)

    def __enter__(self) -> "Redis":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def until_answered(port: int, process: "subprocess.Popen[bytes]") -> None:
    gives_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < gives_up, "it does not listen"
            time.sleep(0.02)  # a port that nobody listens on yet tells nothing


class NoRabbit(Exception):
    """There is none that runs here."""


class Rabbit:
    """RabbitMQ with everything of its own: folder, cookie, and the little server by which its parts find each
    other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, finding, talking = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        places = [Path("/usr/lib/rabbitmq/bin")] + [
            Path(found).parent for found in [shutil.which("rabbitmq-server")] if found
        ]
        program = next(
            (place / "rabbitmq-server" for place in places if (place / "rabbitmq-server").exists()), None
        )
        epmd = shutil.which("epmd")
        if program is None or epmd is None:
            raise NoRabbit("no RabbitMQ: install Debian's `rabbitmq-server`")
        self.program = program
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rabbit.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{self.port}\nlog.console = true\n"
        )
        (folder / "plugins").write_text("[].")
        (folder / ".erlang.cookie").write_text("a cookie of one test")
        (folder / ".erlang.cookie").chmod(0o600)
        self.environment = {
            **os.environ, "HOME": str(folder), "ERL_EPMD_PORT": str(finding), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"cairn{self.port}@localhost", "RABBITMQ_DIST_PORT": str(talking),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbit"), "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder), "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }  # fmt: skip
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.finder = subprocess.Popen([epmd, "-port", str(finding), "-address", "127.0.0.1"], **quiet)
        until_answered(finding, self.finder)
        self.server = subprocess.Popen([str(program)], env=self.environment, start_new_session=True, **quiet)

    def __enter__(self) -> "Rabbit":
        until_answered(self.port, self.server)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.server, self.finder):
            process.terminate()
            process.wait(PATIENCE)
