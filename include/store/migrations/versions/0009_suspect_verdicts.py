"""What persons and inspections said of suspects."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspect_verdict",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column(
            "enterprise_id",
            sa.String(length=64),
            nullable=False,
            comment="a suspect of the alarm, or `unlisted`",
        ),
        sa.Column(
            "verdict",
            sa.String(length=16),
            nullable=False,
            comment="struck (a person struck it out), found, not_found (what an inspection found there)",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, or what was seen"),
        sa.Column("decided_at", include.store.columns.Instant(length=27), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.CheckConstraint(
            "verdict in ('struck', 'found', 'not_found')", name=op.f("ck_suspect_verdict_verdict")
        ),
        sa.PrimaryKeyConstraint("alarm_id", "enterprise_id", name=op.f("pk_suspect_verdict")),
        comment="What a person said of one suspect of one alarm. It stands when the alarm is ranked again.",
    )


def downgrade() -> None:
    op.drop_table("suspect_verdict")
