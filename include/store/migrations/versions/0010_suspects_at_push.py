"""Suspects of an alarm by what was known when it was raised."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect_at_push",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="1 is the most suspected (疑似)"),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False, comment="or `unlisted`"),
        sa.Column("score", sa.Float(), nullable=False, comment="0 to 1: the chance that it is the source"),
        sa.Column(
            "evidence_json",
            sa.Text(),
            nullable=False,
            comment="as in alarm_suspect, with the hours up to the deciding one only",
        ),
        sa.Column("rules_edition", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", "rank", name=op.f("pk_suspect_at_push")),
        comment="One suspect of one alarm of the watch by what was known when it was raised: what its push may say.",
    )


def downgrade() -> None:
    op.drop_table("suspect_at_push")
