"""Indexes that keep the cost of a day independent of the years before it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# table, columns: what reads them
INDEXES = (
    ("alarm", ["received_at", "revised_at"]),  # sql/letters_with_late_facts.sql
    ("feedback_event", ["received_at", "event_at"]),
    ("problem", ["received_at", "found_at"]),
    ("letter", ["city_code", "kind", "period_end"]),  # sql/urged_alarms.sql, sql/silent_cities.sql
    ("letter_number", ["number"]),  # sql/find_number_faults.sql
)
OPEN = "state in ('drafted', 'awaiting_approval', 'withheld')"  # sql/list_concerns.sql


def upgrade() -> None:
    op.create_index(
        "ix_letter_open", "letter", ["state"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)
    )
    for table, columns in INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    op.drop_index("ix_letter_open", "letter")
