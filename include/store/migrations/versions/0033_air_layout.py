"""Which hours air-quality files of one header print."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "air_layout",
        sa.Column(
            "layout_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of a mapping's name and a file's header",
        ),
        sa.Column(
            "last_hour",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="23: hours 0 to 23; 24: hours 1 to 24",
        ),
        sa.Column("seen_at", Instant(), nullable=False, comment="when the first such file was read"),
        sa.CheckConstraint("last_hour in (23, 24)", name=op.f("ck_air_layout_last_hour")),
        sa.PrimaryKeyConstraint("layout_hash", "last_hour", name=op.f("pk_air_layout")),
        comment="Which hours files of one header print: it tells those of a part of a day, which say nothing themselves.",
    )


def downgrade() -> None:
    op.drop_table("air_layout")
