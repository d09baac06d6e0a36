"""How each model was found to be best asked."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "model_modes",
        text("model"), text("address"), text("form"), text("mode", True),
        sa.Column("failed", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "address", "form", name="pk_model_modes"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("model_modes")
