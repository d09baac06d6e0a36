"""A backup holds all there is, faithfully, on either database; a file that is not whole changes nothing."""

import asyncio
import gzip
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.pool import NullPool

from cairn.domain.errors import BadInput, CairnError, NotFound, Superseded, Unusable
from cairn.domain.task import Event
from cairn.store import backup, chain, tasks
from cairn.store.apart import LinkCheckRow
from cairn.store.backup import back_up_file, back_up_server, columns_of, kept_tables
from cairn.store.backup_file import check, writing
from cairn.store.base import table_of
from cairn.store.fenced import Write
from cairn.store.loading import KINDS
from cairn.store.migrate import needs_upgrade, upgrade_postgres, upgrade_sqlite
from cairn.store.postgres import for_libpq, for_psycopg
from cairn.store.restore import BEGINNING, FAR, era_above, restore_file, restore_server
from cairn.store.tables import ModelCall, RoadmapTask, TutorialRow
from tests.databases import Database, on_server
from tests.newer import SCHEMA, chain_of_tomorrow

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
ODD = "naïve — “快” \U0001f5ff\ttab\r\nline \\u0000 \u2028 'quotes' \x7f"
TASK = {
    "task_id": "t_1", "roadmap_id": "r_1", "owner_id": "local", "deleted_at": None, "idempotency_key": ODD,
    "body_hash": None, "request": {"query": ODD, "numbers": [1, 2.5, None, True]}, "run": 1,
    "paid_from_run": 1, "epoch": 7, "status": "running", "aim": None, "review_round": 0,
    "lease_owner": "worker", "lease_expires_at": datetime(2099, 1, 1, tzinfo=UTC), "attempts": 2,
    "last_seq": 0, "waiting": None, "due_at": None, "error": None, "created_at": NOW, "updated_at": NOW,
}  # fmt: skip
CALL = {
    "key": "t_1/intent/ab#0", "sent": 1, "task_id": "t_1", "run": 1, "product": "intent", "epoch": 7,
    "state": "answered", "answer": {"said": ODD}, "error": None, "input_tokens": 2**31 - 1,
    "output_tokens": 0, "usd": 0.1 + 0.2, "started_at": NOW, "ended_at": None,
}  # fmt: skip
TUTORIAL = {
    "roadmap_id": "r_1", "concept_id": "c_1", "content": {"markdown": ODD * 2000}, "fingerprint": "f",
    "epoch": 7, "rev": 3, "author": "simulated", "created_at": NOW, "updated_at": NOW,
}  # fmt: skip


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    database.migrate()
    address = for_psycopg(database.url) if database.url else f"sqlite:///{database.settings().database}"
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def fill(database: Database, links: int = 450) -> None:
    """More rows than are held at once."""
    with connected(database) as connection:
        for model, row in ((RoadmapTask, TASK), (ModelCall, CALL), (TutorialRow, TUTORIAL)):
            connection.execute(table_of(model).insert(), [row])
        looks = [
            {"url": f"https://example.org/{n}", "state": "found", "reason": "", "status": 200, "title": ODD,
             "final_url": "", "failures": n, "checked_at": NOW, "taken_until": None}
            for n in range(links)
        ]  # fmt: skip
        if looks:
            connection.execute(table_of(LinkCheckRow).insert(), looks)


def all_rows(database: Database) -> dict[str, list[Any]]:
    with connected(database) as connection:
        return {
            table.name: sorted((list(row) for row in connection.execute(select(table))), key=repr)
            for table in kept_tables()
        }


def back_up(database: Database, to: Path) -> dict[str, int]:
    return (
        back_up_server(database.url, to) if database.url else back_up_file(database.settings().database, to)
    )


def restore(database: Database, path: Path) -> None:
    if database.url:
        restore_server(check(path), database.url)
    else:
        database.folder.mkdir(parents=True, exist_ok=True)
        restore_file(check(path), database.settings().database, database.settings().checkpoints)


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """A second database of a kind, empty."""
    with on_server(request.getfixturevalue("postgres"), tmp_path / "other") as made:
        yield lambda kind: Database(tmp_path / "other") if kind == "sqlite" else made


def test_every_column_is_of_a_kind_a_backup_holds() -> None:
    kinds = {kind for table in kept_tables() for _, kind in columns_of(table).columns}
    assert kinds <= set(KINDS)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_all_rows_come_back_as_they_were_on_either_database(
    database: Database, other: Callable[[str], Database], kind: str, tmp_path: Path
) -> None:
    fill(database)
    before = all_rows(database)
    counts = back_up(database, tmp_path / "backup")
    assert (counts["link_checks"], counts["roadmap_tasks"]) == (450, 1)
    there = other(kind)
    restore(there, tmp_path / "backup")
    after = all_rows(there)
    [old], [new] = before.pop("roadmap_tasks"), after.pop("roadmap_tasks")
    assert after == before
    names = [column.name for column in table_of(RoadmapTask).columns]
    changed = {name for name, was, now in zip(names, old, new, strict=True) if was != now}
    assert changed == {"epoch", "lease_owner", "lease_expires_at", "attempts"}


def test_what_is_written_meanwhile_is_in_none_of_its_tables(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, links=3)
    usual = backup.rows_of

    def rows_of(connection: Connection, table: Table) -> Iterator[list[Any]]:
        """Another process commits to the table just before it is read."""
        if table.name == "tutorial_metadata":
            with connected(database) as other:
                other.execute(table.insert(), [{**TUTORIAL, "concept_id": "c_2"}])
        return usual(connection, table)

    monkeypatch.setattr(backup, "rows_of", rows_of)
    assert back_up(database, tmp_path / "backup")["tutorial_metadata"] == 1
    assert database.rows("SELECT count(*) FROM tutorial_metadata") == [(2,)]


def test_what_was_there_is_gone_and_restoring_again_is_the_same(database: Database, tmp_path: Path) -> None:
    fill(database)
    back_up(database, tmp_path / "backup")
    with connected(database) as connection:
        connection.execute(table_of(TutorialRow).insert(), [{**TUTORIAL, "concept_id": "later"}])
        connection.execute(table_of(RoadmapTask).update().values(epoch=90))
    epochs = [7]
    for _ in range(3):
        restore(database, tmp_path / "backup")
        [(concept,)] = database.rows("SELECT concept_id FROM tutorial_metadata")
        assert concept == "c_1"
        [(epoch, attempts)] = database.rows("SELECT epoch, attempts FROM roadmap_tasks")
        assert epoch > max(epochs)
        assert attempts == 0
        epochs.append(epoch)
    back_up(database, tmp_path / "again")
    assert check(tmp_path / "again").counts == check(tmp_path / "backup").counts


def test_epochs_after_a_restore_are_above_those_of_a_history_that_is_gone() -> None:
    early, late = BEGINNING + timedelta(days=600), BEGINNING + timedelta(days=601)
    first = era_above(40, early)
    assert first > 40 + FAR
    claimed_since = first + 1000
    assert era_above(40, late) > claimed_since, "restored again from the old backup, with nothing left to ask"
    assert era_above(first, early) == first + FAR, "the clock did not move"
    assert era_above(first, BEGINNING - timedelta(days=1)) == first + FAR, "nor when it is far behind"


def test_a_claim_beyond_what_a_column_holds_is_refused(database: Database, tmp_path: Path) -> None:
    fill(database, links=0)
    with connected(database) as connection:
        connection.execute(table_of(RoadmapTask).update().values(epoch=2**31 - 2))
    back_up(database, tmp_path / "backup")
    before = all_rows(database)
    with pytest.raises(Unusable, match="beyond what a database holds"):
        restore(database, tmp_path / "backup")
    assert all_rows(database) == before


def test_one_back_from_the_dead_is_refused_and_the_next_claims_at_once(
    database: Database, tmp_path: Path
) -> None:
    fill(database, links=0)
    back_up(database, tmp_path / "backup")
    restore(database, tmp_path / "backup")

    async def go_on() -> None:
        async with database.store() as store:
            late = Write("step", "t_1", 7, lambda revs: [Event(kind="step_started", data={})], 1)
            with pytest.raises(Superseded):
                await store.writer.write(late)
            claimed = await store.writer.move(
                "task_claimed", lambda connection, told: tasks.claim(connection, told, "t_1", "heir", 30)
            )
            assert claimed
            assert claimed.attempts == 1

    # The row's request is no learner's request; reading it back is not what is tried here.
    with connected(database) as connection:
        connection.execute(table_of(RoadmapTask).update().values(request={"query": "Learn Redis"}))
    asyncio.run(go_on())


def test_checkpoints_are_thrown_away(database: Database, tmp_path: Path) -> None:
    fill(database, links=0)
    back_up(database, tmp_path / "backup")
    if database.url:
        with psycopg.connect(for_libpq(database.url), autocommit=True) as session:
            session.execute(
                "INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) VALUES ('t_1:1', 'x', '{}')"
            )
        restore(database, tmp_path / "backup")
        assert database.rows("SELECT count(*) FROM checkpoints") == [(0,)]
        return
    for part in ("", "-wal", "-shm"):
        (database.folder / f"checkpoints.db{part}").write_bytes(b"of another history")
    restore(database, tmp_path / "backup")
    assert list(database.folder.glob("checkpoints*")) == []


def test_an_older_backup_is_loaded_and_upgraded(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    back_up(database, tmp_path / "backup")
    monkeypatch.setattr(chain, "MIGRATIONS", chain_of_tomorrow(tmp_path))
    upgrade_postgres(database.url, 0) if database.url else upgrade_sqlite(database.settings().database)
    for _ in range(2):  # over a database of tomorrow
        restore(database, tmp_path / "backup")
        assert database.rows("SELECT version_num FROM alembic_version") == [(SCHEMA,)]
        assert database.rows("SELECT count(*) FROM link_checks") == [(450,)]
        assert database.rows("SELECT colour FROM roadmap_tasks") == [(None,)]
    if not database.url:
        new = Database(tmp_path / "new")  # and where nothing is
        restore(new, tmp_path / "backup")
        assert not needs_upgrade(new.settings().database)


def test_by_a_program_too_old_for_it_nothing_is_backed_up_or_restored(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, links=0)
    back_up(database, tmp_path / "old")
    with monkeypatch.context() as tomorrow:
        tomorrow.setattr(chain, "MIGRATIONS", chain_of_tomorrow(tmp_path))
        upgrade_postgres(database.url, 0) if database.url else upgrade_sqlite(database.settings().database)
        back_up(database, tmp_path / "new")
    before = database.rows("SELECT * FROM roadmap_tasks")
    with pytest.raises(Unusable, match="newer schema"):
        back_up(database, tmp_path / "half")
    with pytest.raises(Unusable, match="newer schema"):
        restore(database, tmp_path / "old")
    with pytest.raises(Unusable, match=rf"of a newer Cairn .*schema {SCHEMA}"):
        restore(database, tmp_path / "new")
    assert not (tmp_path / "half").exists()
    assert database.rows("SELECT * FROM roadmap_tasks") == before


# Files that are no whole backup


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    fill(Database(folder / "data"), links=3)
    back_up(Database(folder / "data"), folder / "backup")
    return (folder / "backup").read_bytes()


def test_a_file_cut_anywhere_is_refused(whole: bytes, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for length in range(0, len(whole), 1 if request.config.getoption("--full") else 7):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(Unusable, match=r"is not whole|is not a backup"):
            check(tmp_path / "cut")


def test_a_flipped_bit_anywhere_is_refused(
    whole: bytes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """But in the ten bytes before all content, which say nothing of it, and in the bits that fill up a byte
    where the packed content ends: there it unpacks to the same."""
    for at in range(10, len(whole), 1 if request.config.getoption("--full") else 7):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (tmp_path / "damaged").write_bytes(damaged)
        if unpacked(damaged) == unpacked(whole):
            check(tmp_path / "damaged")
            continue
        with pytest.raises(Unusable, match=r"is damaged|is not whole|is not a backup|newer Cairn"):
            check(tmp_path / "damaged")


def unpacked(packed: bytes) -> bytes | None:
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return None


def lines_of(whole: bytes) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(whole).splitlines()]


def sealed(lines: list[Any]) -> bytes:
    """As if we had written it."""
    text = [json.dumps(line).encode() + b"\n" for line in lines[:-1]]
    end = {"rows": lines[-1]["rows"], "sha256": hashlib.sha256(b"".join(text)).hexdigest()}
    return gzip.compress(b"".join(text) + json.dumps(end).encode() + b"\n")


def without_a_row(lines: list[Any]) -> None:
    lines.remove(next(line for line in lines if isinstance(line, list)))


def doubled(lines: list[Any]) -> None:
    at = next(n for n, line in enumerate(lines) if isinstance(line, list) and "https://example.org/0" in line)
    lines.insert(at, lines[at])
    lines[-1]["rows"]["link_checks"] += 1


def of_a_table(name: str) -> Callable[[list[Any]], None]:
    def change(lines: list[Any]) -> None:
        table = next(line for line in lines if isinstance(line, dict) and line.get("table") == "progress")
        table["table"] = name
        lines[-1]["rows"][name] = lines[-1]["rows"].pop("progress")

    return change


def with_a_bad_time(lines: list[Any]) -> None:
    at = next(n for n, line in enumerate(lines) if isinstance(line, list) and "https://example.org/0" in line)
    lines[at] = ["yesterday" if value == NOW.isoformat() else value for value in lines[at]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_a_row, "is damaged"),
        (doubled, "could not be restored"),
        (of_a_table("alembic_version"), "is damaged"),
        (of_a_table("bookmarks"), "is damaged"),
        (with_a_bad_time, "is damaged"),
        (lambda lines: lines[1]["columns"].pop(), "is damaged"),
        (lambda lines: lines[1]["columns"][0].__setitem__(1, "blob"), "is damaged"),
        (lambda lines: lines[0].__setitem__("schema", "0042"), "of a newer Cairn"),
        (lambda lines: lines[0].__setitem__("cairn_backup", 2), "of a newer Cairn"),
    ],
)
def test_a_file_made_by_someone_else_changes_nothing(
    database: Database, whole: bytes, tmp_path: Path, change: Callable[[list[Any]], None], said: str
) -> None:
    fill(database, links=5)
    before, lines = all_rows(database), lines_of(whole)
    (tmp_path / "same").write_bytes(sealed(lines))
    check(tmp_path / "same")
    change(lines)
    (tmp_path / "changed").write_bytes(sealed(lines))
    with pytest.raises(Unusable, match=said):
        restore(database, tmp_path / "changed")
    assert all_rows(database) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a backup"),
        (b"SQLite format 3\0" * 50, "is not a backup"),
        (gzip.compress(b"[1, 2]\n"), "is not a backup"),
        (gzip.compress(b"x" * 100_000), "is not a backup"),
        (gzip.compress(b'{"cairn_backup": 1}\n'), "is not a backup"),
    ],
)
def test_what_is_no_backup_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Unusable, match=said):
        check(tmp_path / "file")


def test_what_follows_the_end_is_no_part_of_a_backup(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(whole + gzip.compress(b"more\n"))
    with pytest.raises(Unusable, match="is damaged"):
        check(tmp_path / "file")


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    database = Database(tmp_path / "data")
    fill(database, links=0)
    with pytest.raises(NotFound, match="There is no file"):
        check(tmp_path / "none")
    with pytest.raises(Unusable, match="cannot be read"):
        check(tmp_path)
    (tmp_path / "there").write_text("mine")
    refused: list[tuple[Path, type[CairnError]]] = [
        (tmp_path / "there", BadInput), (tmp_path / "no" / "folder", Unusable),
        (tmp_path / "there" / "x", Unusable),
    ]  # fmt: skip
    for path, error in refused:
        with pytest.raises(error):
            back_up(database, path)
    assert (tmp_path / "there").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "there"}


def test_a_file_of_the_name_that_came_meanwhile_stays(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is there already"), writing(tmp_path / "backup"):
        (tmp_path / "backup").write_text("mine")
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
    assert (tmp_path / "backup").read_text() == "mine"


def test_a_database_of_another_program_is_left_alone(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(whole)
    database = Database(tmp_path / "data")
    database.folder.mkdir()
    with sqlite3.connect(database.settings().database) as theirs:
        theirs.execute("CREATE TABLE bookmarks (url TEXT)")
    theirs.close()
    before = database.settings().database.read_bytes()
    with pytest.raises(Unusable, match="another program"):
        restore(database, tmp_path / "backup")
    assert database.settings().database.read_bytes() == before
