"""The one chain: a new folder is brought to today, the models agree with it, and what is not ours stays."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cairn.domain.errors import Unusable
from cairn.store.migrate import needs_upgrade, upgrade_sqlite
from cairn.store.tables import metadata


def test_a_new_file_is_brought_to_today_and_agrees_with_the_models(tmp_path: Path) -> None:
    path = tmp_path / "cairn.db"
    assert needs_upgrade(path)
    upgrade_sqlite(path)
    assert not needs_upgrade(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        drift = compare_metadata(MigrationContext.configure(connection), metadata)
    assert drift == []


def make_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 100)


def make_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()


def make_newer(path: Path) -> None:
    upgrade_sqlite(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [(make_garbage, "not a usable SQLite"), (make_foreign, "another program"), (make_newer, "newer Cairn")],
)
def test_what_is_not_ours_is_refused_untouched(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "cairn.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(Unusable, match=said) as refused:
        upgrade_sqlite(path)
    assert "CAIRN_DATA_DIR" in refused.value.hint
    assert path.read_bytes() == before
