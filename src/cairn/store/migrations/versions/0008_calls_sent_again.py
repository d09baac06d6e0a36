"""The calls that were sent more than once, so that repaid ones are counted without reading all the others."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AGAIN = sa.text("sent > 1")


def upgrade() -> None:
    op.create_index(
        "ix_model_calls_sent_again", "model_calls", ["key", "sent"],
        sqlite_where=AGAIN, postgresql_where=AGAIN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_model_calls_sent_again", "model_calls")
