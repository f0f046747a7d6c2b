"""What units say of an alarm in a chain: the problems that a report tells apart, and whose word a row in quarantine is."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_problem",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, comment="of the report that tells it"),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … within the report"),
        sa.Column("problem_id", sa.String(length=64), nullable=False, comment="the sender's own"),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("found_at", Instant(length=27), nullable=False, comment="as the unit says"),
        sa.Column("status", sa.String(length=32), nullable=False, comment="as the unit says"),
        sa.Column("rectify_by", Instant(length=27), nullable=True, comment="as the unit promises"),
        sa.Column(
            "rectified_at",
            Instant(length=27),
            nullable=True,
            comment="as the unit says; counted only from its acceptance",
        ),
        sa.PrimaryKeyConstraint("alarm_id", "seq", "place", name=op.f("pk_chain_problem")),
        comment="One problem that a report tells apart. It is a fact (problem) from the 审核通过 of its report on.",
    )
    op.add_column(
        "quarantine",
        sa.Column(
            "speaker",
            sa.String(length=32),
            nullable=True,
            comment="the unit whose word it is, or `-` for a unit that is not known; empty: the office's own record",
        ),
    )


def downgrade() -> None:
    op.drop_column("quarantine", "speaker")
    op.drop_table("chain_problem")
