"""The file of a backup: lines of JSON under gzip. A header, then each table with its columns and rows, then
the counts and a checksum, so that a file that was cut or damaged is known before anything is touched."""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import orjson

from cairn import __version__
from cairn.domain.errors import BadInput, NotFound, Unusable

FORMAT = 1
MARK = "cairn_backup"
LEVEL = 6
LONGEST_HEADER = 1000


class Header(NamedTuple):
    """Which program wrote it, of what schema, when."""

    program: str
    schema: str
    made_at: str


class Columns(NamedTuple):
    """A table and its columns, each with the kind of its values: text, time, integer, real or boolean."""

    table: str
    columns: Sequence[tuple[str, str]]


class Writing:
    def __init__(self, file: gzip.GzipFile) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.counts: dict[str, int] = {}
        self.table = ""

    def line(self, value: Any) -> None:
        written = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        self.digest.update(written)
        self.file.write(written)

    def begin(self, header: Header) -> None:
        self.line({MARK: FORMAT, **header._asdict()})

    def begin_table(self, columns: Columns) -> None:
        self.table = columns.table
        self.counts[self.table] = 0
        self.line({"table": columns.table, "columns": columns.columns})

    def add(self, row: list[Any]) -> None:
        self.counts[self.table] += 1
        self.line(row)

    def end(self) -> dict[str, int]:
        self.line({"rows": self.counts, "sha256": self.digest.hexdigest()})
        return self.counts


@contextmanager
def writing(to: Path) -> Generator[Writing]:
    """A file that is there, whole and safe on the disk, at the end of the block, or not at all. Readable by
    its owner alone. Raises `BadInput` where a file of the name is there already."""
    refuse_existing(to)
    part = Path()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as file:
                yield Writing(file)
            raw.flush()
            os.fsync(raw.fileno())
        give_name(part, to)
    except OSError as error:
        raise Unusable(
            f"The backup {to} cannot be written ({error.strerror or error}).",
            hint="Name a file in a folder of yours with room for it.",
        ) from error
    finally:
        if part.name:
            part.unlink(missing_ok=True)


def refuse_existing(to: Path) -> None:
    if to.exists():
        raise BadInput(f"{to} is there already; a backup overwrites nothing.", hint="Name another file.")


def give_name(part: Path, to: Path) -> None:
    """Without overwriting one that came meanwhile, where the file system has hard links."""
    try:
        os.link(part, to)
    except FileExistsError:
        refuse_existing(to)
    except OSError:
        refuse_existing(to)
        part.replace(to)
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True)
class Backup:
    """A file that was read to its end and is whole."""

    path: Path
    header: Header
    counts: dict[str, int]


def check(path: Path) -> Backup:
    """Read all of it. Raises `NotFound`, or `Unusable` where it is no whole backup."""
    header = read_header(path)
    counts: dict[str, int] = {}
    table = ""
    for part in read(path):
        if isinstance(part, Columns):
            table = part.table
            counts[table] = 0
        else:
            counts[table] += 1
    return Backup(path, header, counts)


def read_header(path: Path) -> Header:
    """Raises `Unusable` also for a format this program does not read."""
    with reading(path) as file:
        try:
            said = orjson.loads(file.readline(LONGEST_HEADER))
            form, header = said[MARK], Header(said["program"], said["schema"], said["made_at"])
        except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unusable(
                f"{path} is not a backup of Cairn.", hint="`cairn db backup` makes one; nothing is changed."
            ) from error
    if form != FORMAT:
        raise newer(path, header)
    return header


def newer(path: Path, header: Header) -> Unusable:
    return Unusable(
        f"{path} was of a newer Cairn ({header.program}, schema {header.schema}); this is {__version__}.",
        hint=f"Restore it by Cairn {header.program} or newer; nothing is changed.",
    )


def read(path: Path) -> Iterator[Columns | list[Any]]:
    """Each table, followed by its rows. Raises `Unusable`, at its end at the latest, where the file is not as
    it was written."""
    digest = hashlib.sha256()
    counts: dict[str, int] = {}
    table, width = "", 0
    with reading(path) as file:
        try:
            digest.update(file.readline())
            for line in file:
                part = orjson.loads(line)
                if isinstance(part, list):
                    if len(cast("list[Any]", part)) != width:
                        raise damaged(path)
                    counts[table] += 1
                    yield cast("list[Any]", part)
                elif "sha256" in part:
                    if part != {"rows": counts, "sha256": digest.hexdigest()} or file.read(1):
                        raise damaged(path)
                    return
                else:
                    table, width = part["table"], len(part["columns"])
                    counts[table] = 0
                    yield Columns(table, [(name, kind) for name, kind in part["columns"]])
                digest.update(line)
        except (ValueError, KeyError, TypeError, zlib.error, gzip.BadGzipFile) as error:
            raise damaged(path) from error
        except EOFError as error:
            raise cut(path) from error
    raise cut(path)


@contextmanager
def reading(path: Path) -> Generator[BinaryIO]:
    try:
        with gzip.open(path, "rb") as file:
            yield cast("BinaryIO", file)
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no file {path}.", code="no_backup", hint="Name a file of `cairn db backup`."
        ) from error
    except gzip.BadGzipFile:
        raise
    except OSError as error:
        raise Unusable(
            f"{path} cannot be read ({error.strerror or error}).", hint="Nothing is changed."
        ) from error


def damaged(path: Path) -> Unusable:
    return Unusable(f"{path} is damaged; it is not as it was written.", hint=ANOTHER)


def cut(path: Path) -> Unusable:
    return Unusable(f"{path} is not whole; its end is missing.", hint=ANOTHER)


ANOTHER = "Nothing is changed. Use another copy of this backup, or another backup."
