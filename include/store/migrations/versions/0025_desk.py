"""What persons note about a unit; the few steps after which an office has to decide are found at once."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ASKS = "event in ('disputed', 'returned')"


def upgrade() -> None:
    op.create_table(
        "unit_note",
        sa.Column("note_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False, comment="the unit that it is about"),
        sa.Column("noted_at", Instant(length=27), nullable=False),
        sa.Column("noted_by", sa.String(length=128), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="call (a talk with the unit), note, assign (who sees to the matter from now on)",
        ),
        sa.Column(
            "whom",
            sa.String(length=128),
            nullable=False,
            comment="who was called, or who sees to it; may be empty",
        ),
        sa.Column("words", sa.Text(), nullable=False, comment="what was said, or why"),
        sa.CheckConstraint("kind in ('call', 'note', 'assign')", name=op.f("ck_unit_note_kind")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_unit_note")),
        comment="One note about a unit. Rows are only added; the last `assign` says who sees to the unit's matter.",
    )
    op.create_index("ix_unit_note_unit_code_noted_at", "unit_note", ["unit_code", "noted_at"])
    op.create_index(
        "ix_feedback_event_asks",
        "feedback_event",
        ["event", "alarm_id", "event_at"],
        sqlite_where=sa.text(_ASKS),
        postgresql_where=sa.text(_ASKS),
    )


def downgrade() -> None:
    op.drop_index("ix_feedback_event_asks", "feedback_event")
    op.drop_table("unit_note")
