"""Runs the code samples of a course file as a reader would, and says what each really printed.

Every fence in `python`, `sh` or `redis` runs; a `text` fence never does. Written next to each other:

    ```python            a script of its own; stdout and an uncaught error are its result
    ```python continues  goes on in the namespace of the python fence before it
    ```python file=x.py  is saved as x.py in the file's temporary folder, not run
    ```sh                runs with bash in that folder
    ```redis             a transcript: `> COMMAND`, then the reply as redis-cli shows it;
                         `2> COMMAND` is a second connection, `2<` reads one more reply from it
    ```output            directly after a python or sh fence: what it prints. `...` stands for any text
"""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<mark>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=mark)[ ]*$", re.M | re.S)
RUNNER = Path(__file__).with_name("run_python.py")


@dataclass(frozen=True)
class Sample:
    language: str
    info: tuple[str, ...]
    code: str
    expected: str | None
    line: int


@dataclass(frozen=True)
class Outcome:
    sample: Sample
    expected: str
    printed: str

    @property
    def right(self) -> bool:
        return matches(self.expected, self.printed)


def read_samples(markdown: str) -> list[Sample]:
    """The runnable fences of a tutorial in order, each with the `output` fence that directly follows."""
    fences = list(FENCE.finditer(markdown))
    samples: list[Sample] = []
    for at, fence in enumerate(fences):
        language, *info = fence["info"].split() or [""]
        if language not in ("python", "sh", "redis"):
            continue
        following = fences[at + 1] if at + 1 < len(fences) else None
        told = following is not None and following["info"].strip() == "output"
        adjacent = told and not markdown[fence.end() : following.start()].strip()
        line = markdown.count("\n", 0, fence.start()) + 1
        samples.append(
            Sample(language, tuple(info), fence["body"], following["body"] if adjacent else None, line)
        )
    return samples


def run_samples(markdown: str, folder: Path, redis_port: int) -> Iterator[Outcome]:
    """Run every sample in its place; the transcripts of one file share one emptied Redis."""
    chain: list[str] = []
    for sample in read_samples(markdown):
        saved = next((word[5:] for word in sample.info if word.startswith("file=")), None)
        if saved:
            target = folder / saved
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(sample.code)
        elif sample.language == "redis":
            expected = re.sub(r"^\d*>.*\n|^\d*<\n", "", sample.code, flags=re.M)
            yield Outcome(sample, expected, play(sample.code, redis_port))
        elif sample.language == "sh":
            yield Outcome(
                sample, sample.expected or "", execute(["bash", "-c", sample.code], folder, redis_port)
            )
        else:
            chain = [*chain, sample.code] if "continues" in sample.info else [sample.code]
            script = [sys.executable, str(RUNNER), *chain]
            yield Outcome(sample, sample.expected or "", execute(script, folder, redis_port))


def execute(command: list[str], folder: Path, redis_port: int) -> str:
    """What the command prints, both streams in one, with the current Python first on the path."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "REDIS_PORT": str(redis_port),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout.replace(str(folder), "~")


def play(transcript: str, port: int) -> str:
    """Send each `>` line of a transcript and collect the replies in redis-cli's notation."""
    clients: dict[str, Client] = {}
    replies: list[str] = []
    for line in transcript.splitlines():
        step = re.match(r"^(\d*)([><])[ ]?(.*)$", line)
        if not step:
            continue
        name, kind, command = step.groups()
        if name not in clients:
            clients[name] = Client(port)
        client = clients[name]
        if kind == ">":
            client.send(shlex.split(command))
        replies.append(show(client.read()))
    for client in clients.values():
        client.close()
    return "".join(f"{reply}\n" for reply in replies)


class Client:
    """One RESP2 connection. Replies keep their type, which `show` needs."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.stream = self.socket.makefile("rb")

    def send(self, words: list[str]) -> None:
        parts = [word.encode().decode("unicode_escape").encode("latin-1") if "\\" in word else word.encode()
                 for word in words]  # fmt: skip
        packed = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self.socket.sendall(b"*%d\r\n%s" % (len(parts), packed))

    def read(self) -> tuple[str, object]:
        line = self.stream.readline().rstrip(b"\r\n")
        kind, rest = chr(line[0]), line[1:]
        if kind in "$*" and int(rest) < 0:
            return ("nil", None)
        if kind == "$":
            return ("bulk", self.stream.read(int(rest) + 2)[:-2])
        if kind == "*":
            return ("list", [self.read() for _ in range(int(rest))])
        return ({"+": "status", "-": "error", ":": "int"}[kind], rest.decode())

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def show(reply: tuple[str, object], indent: str = "") -> str:
    """A reply as redis-cli prints it on a terminal."""
    kind, value = reply
    if kind == "nil":
        return "(nil)"
    if kind == "error":
        return f"(error) {value}"
    if kind == "int":
        return f"(integer) {value}"
    if kind == "bulk":
        assert isinstance(value, bytes)
        return quoted(value)
    if kind == "list":
        assert isinstance(value, list)
        if not value:
            return "(empty array)"
        width = len(str(len(value)))
        rows = []
        for number, item in enumerate(value, 1):
            label = f"{number:>{width}}) "
            lead = "" if number == 1 else indent
            rows.append(lead + label + show(item, indent + " " * len(label)))
        return "\n".join(rows)
    return str(value)


def quoted(value: bytes) -> str:
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\", 7: "\\a", 8: "\\b"}
    return '"' + "".join(
        special.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in value
    ) + '"'  # fmt: skip


def matches(expected: str, printed: str) -> bool:
    """Equal apart from blanks at line ends; `...` in what is expected stands for any text."""
    want, got = tidy(expected), tidy(printed)
    pattern = ".*?".join(re.escape(part) for part in want.split("..."))
    return re.fullmatch(pattern, got, re.S) is not None


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
