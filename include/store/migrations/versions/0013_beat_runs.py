"""Which windows a run came to, so that a window without a run is noticed."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "beat_run",
        sa.Column(
            "window_kind",
            sa.String(length=32),
            nullable=False,
            comment="day, midweek, weekend, half_month, hour",
        ),
        sa.Column(
            "end_at", include.store.columns.Instant(), nullable=False, comment="end of the window, exclusive"
        ),
        sa.Column(
            "run_id",
            sa.String(length=250),
            nullable=False,
            comment="DAG and run that came to this window last",
        ),
        sa.Column(
            "is_scheduled",
            sa.Boolean(),
            nullable=False,
            comment="a run of the schedule came to it; else a person or a back-fill did",
        ),
        sa.Column(
            "late_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when its run was reported as late; empty: it was not",
        ),
        sa.Column(
            "accounted_at",
            include.store.columns.Instant(),
            nullable=True,
            comment="when every letter of the window was accounted for; empty: not yet",
        ),
        sa.PrimaryKeyConstraint("window_kind", "end_at", name=op.f("pk_beat_run")),
        comment="One window of a beat to which a run came: by it a window without a run is noticed. No figure and no letter reads it.",
    )


def downgrade() -> None:
    op.drop_table("beat_run")
