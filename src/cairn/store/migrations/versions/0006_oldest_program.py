"""Which programs the database admits. A later migration that an older program could not work beside raises
it: `UPDATE oldest_program SET version = '…'` (docs/operating.md says when)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oldest_program",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oldest_program"),
    )
    op.execute("INSERT INTO oldest_program (id, version) VALUES (1, '0.1.0')")


def downgrade() -> None:
    op.drop_table("oldest_program")
