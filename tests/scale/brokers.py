"""Brokers of a test's own on free loopback ports, each ended by its process id."""

import shutil
import signal
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
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Redis":
        program = shutil.which("redis-server") or str(Path(sys.executable).with_name("redis-server"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [
                program,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--dir",
                str(self.folder),
                "--save",
                "",
            ],
            stdout=subprocess.DEVNULL,
        )
        until_answered(self.port, self.process)
        return self

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(PATIENCE)

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
