"""What stands at an address that a resource leads to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "link_checks",
        text("url"), text("state"), text("reason"), sa.Column("status", sa.Integer(), nullable=True),
        text("title"), text("final_url"), sa.Column("failures", sa.Integer(), nullable=False),
        time("checked_at"), time("taken_until", True),
        sa.PrimaryKeyConstraint("url", name="pk_link_checks"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("link_checks")
