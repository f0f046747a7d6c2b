"""An extension for an outage may be of a step that was taken before it was recorded; a task may get another holder."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_COMMENT = "of an extension for an outage: the step, taken before, whose deadline it moves to met_due_at"
_EVENTS = (
    "acknowledged, reported, passed, returned, rectified, inspected_passed, inspected_failed, "
    "spot_passed, spot_failed, written_off, extended, withdrawn, closed, reopened"
)
# table, column, its comment before, and now
_COMMENTS = (
    ("chain_event", "event", f"assigned, {_EVENTS}", f"assigned, handed_over, {_EVENTS}"),
    (
        "chain_event",
        "unit_code",
        "unit that speaks, of an assigned the holder; empty: the office",
        "unit that speaks, of an assigned and a handed_over the holder; empty: the office",
    ),
    (
        "channel_message",
        "topic",
        "morning, urgent, overdue; of a webhook the event's type",
        "morning, urgent, overdue, escalated, test; of a webhook the event's type",
    ),
)


def upgrade() -> None:
    op.add_column("chain_event", sa.Column("of_seq", sa.Integer(), nullable=True, comment=_COMMENT))
    if op.get_bind().dialect.name == "postgresql":
        for table, name, before, now in _COMMENTS:
            op.alter_column(table, name, comment=now, existing_comment=before)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, name, before, now in _COMMENTS:
            op.alter_column(table, name, comment=before, existing_comment=now)
    op.drop_column("chain_event", "of_seq")
