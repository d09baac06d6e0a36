"""A Cairn of tomorrow: the program of today with one more migration, as a later release would have it."""

import os
import shutil
from pathlib import Path

import cairn
from cairn.store.chain import MIGRATIONS, revisions

TOMORROW = "0.2.0"
SCHEMA = f"{int(revisions()[-1]) + 1:04}"
ADDITIVE = f'''
import sqlalchemy as sa
from alembic import op

revision = "{SCHEMA}"
down_revision = "{revisions()[-1]}"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("shelves", sa.Column("name", sa.String(), primary_key=True))
    for table in ("roadmap_tasks", "task_events", "tutorial_metadata", "model_calls"):
        op.add_column(table, sa.Column("colour", sa.String(), nullable=True))
    op.add_column("roadmaps", sa.Column("stars", sa.Integer(), nullable=False, server_default="0"))


def downgrade():
    op.drop_table("shelves")
    for table in ("roadmap_tasks", "task_events", "tutorial_metadata", "model_calls"):
        op.drop_column(table, "colour")
    op.drop_column("roadmaps", "stars")
'''
RAISES = """
    op.execute("UPDATE oldest_program SET version = '0.2.0'")
"""


def add_migration(folder: Path, *, raises: bool = False) -> None:
    """To a copy of the chain's folder."""
    text = ADDITIVE.replace("\n\n\ndef downgrade", f"{RAISES}\n\ndef downgrade") if raises else ADDITIVE
    (folder / "versions" / f"{SCHEMA}_tomorrow.py").write_text(text)


def chain_of_tomorrow(folder: Path, *, raises: bool = False) -> Path:
    """The chain alone."""
    copied = folder / "chain"
    shutil.copytree(MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    add_migration(copied, raises=raises)
    return copied


def program_of_tomorrow(folder: Path, *, raises: bool = False) -> dict[str, str]:
    """The whole program, in a folder of its own: what to set so that a process runs it."""
    source = Path(cairn.__file__).parent
    copied = folder / "tomorrow" / "cairn"
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
    about = copied / "__init__.py"
    about.write_text(about.read_text().replace(cairn.__version__, TOMORROW))
    add_migration(copied / "store" / "migrations", raises=raises)
    return {"PYTHONPATH": os.pathsep.join([str(copied.parent), os.environ.get("PYTHONPATH", "")])}
