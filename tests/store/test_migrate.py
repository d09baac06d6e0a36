"""The one chain: a new folder is brought to today, the models agree with it, and what is not ours stays."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from cairn import __version__
from cairn.domain.errors import Unusable
from cairn.store.admission import numbers
from cairn.store.chain import chain, revisions
from cairn.store.migrate import needs_upgrade, standing_of, upgrade_sqlite
from cairn.store.postgres import for_psycopg
from cairn.store.schema import metadata
from tests.databases import Database


def test_a_new_file_is_brought_to_today_and_agrees_with_the_models(tmp_path: Path) -> None:
    path = tmp_path / "cairn.db"
    assert needs_upgrade(path)
    upgrade_sqlite(path)
    assert not needs_upgrade(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        up_and_down(connection)


def test_files_of_the_chain_are_named_by_their_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(chain())
    assert revisions() == [script.revision for script in scripts.walk_revisions()][::-1]


def test_the_server_s_database_agrees_with_the_models(on_postgres: Database) -> None:
    assert on_postgres.url
    engine = create_engine(for_psycopg(on_postgres.url), poolclass=NullPool)
    with engine.begin() as connection:
        up_and_down(connection)
        kinds = connection.execute(text(
            "SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('created_at', 'updated_at', 'deleted_at', 'lease_expires_at')"
        ))  # fmt: skip
        assert list(kinds.scalars()) == ["timestamp with time zone"]


def up_and_down(connection: Connection) -> None:
    """From today down to nothing and up again, with the models agreeing at the top."""
    assert drift(connection) == []
    config = chain()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    theirs = {
        "alembic_version",
        "checkpoints",
        "checkpoint_blobs",
        "checkpoint_writes",
        "checkpoint_migrations",
    }
    assert set(inspect(connection).get_table_names()) <= theirs
    command.upgrade(config, "head")
    assert drift(connection) == []


def drift(connection: Connection) -> list[object]:
    """What would have to be migrated; LangGraph's tables are none of ours."""
    ours = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
    return compare_metadata(
        MigrationContext.configure(connection, opts={**ours, "compare_type": True}), metadata
    )


def make_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 100)


def make_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()


def make_newer(path: Path, *statements: str) -> None:
    upgrade_sqlite(path)
    connection = sqlite3.connect(path)
    for statement in ("UPDATE alembic_version SET version_num = '9999'", *statements):
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def make_too_new(path: Path) -> None:
    make_newer(path, "UPDATE oldest_program SET version = '99.1.0'")


def make_newer_without_a_word(path: Path) -> None:
    make_newer(path, "DROP TABLE oldest_program")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_garbage, "not a usable SQLite"),
        (make_foreign, "another program"),
        (make_too_new, rf"no Cairn older than 99.1.0; this is {__version__}"),
        (make_newer_without_a_word, "newer Cairn"),
    ],
)
def test_what_is_not_ours_is_refused_untouched(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "cairn.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(Unusable, match=said) as refused:
        upgrade_sqlite(path)
    assert "CAIRN_DATA_DIR" in refused.value.hint
    assert path.read_bytes() == before


def test_a_newer_schema_that_admits_this_program_is_worked_on(tmp_path: Path) -> None:
    path = tmp_path / "cairn.db"
    make_newer(path, f"UPDATE oldest_program SET version = '{__version__}'")
    before = path.read_bytes()
    assert not needs_upgrade(path)
    upgrade_sqlite(path)
    assert path.read_bytes() == before


def test_the_chain_admits_the_program_it_comes_with(tmp_path: Path) -> None:
    path = tmp_path / "cairn.db"
    upgrade_sqlite(path)
    oldest = standing_of(path).oldest
    assert oldest is not None
    assert numbers(oldest) <= numbers(__version__)


def test_versions_are_compared_by_their_numbers() -> None:
    mixed = ["0.10.0", "0.1.9", "1.0", "0.1.10", "0.1.0", "0.2.0.dev3+local"]
    assert sorted(mixed, key=numbers) == ["0.1.0", "0.1.9", "0.1.10", "0.2.0.dev3+local", "0.10.0", "1.0"]
    assert numbers("0.2.0rc1") == numbers("0.2.0")
