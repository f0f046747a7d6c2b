"""Who answers for a unit that ended."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# of unit_change.action
BEFORE = "add, end, rename, move, join, leave, take, keep"
NOW = "add, end, succeed, rename, move, join, leave, take, keep"


def upgrade() -> None:
    op.create_table(
        "unit_successor",
        sa.Column("unit_code", sa.String(length=32), nullable=False, comment="the unit that ended"),
        sa.Column(
            "county",
            sa.String(length=64),
            nullable=False,
            comment="only its alarms of this county; empty: all that no other row names",
        ),
        sa.Column(
            "successor_code",
            sa.String(length=32),
            nullable=False,
            comment="unit_code of who answers instead",
        ),
        sa.Column("since_date", sa.Date(), nullable=False, comment="the first date on which it does"),
        sa.Column("named_at", Instant(), nullable=False),
        sa.Column("named_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "county", name=op.f("pk_unit_successor")),
        comment="Who answers for a unit that ended (承接单位). What was open on the date, and what is pushed from then on, is the successor's.",
    )
    _comment(BEFORE, NOW)


def downgrade() -> None:
    _comment(NOW, BEFORE)
    op.drop_table("unit_successor")


def _comment(before: str, now: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("unit_change", "action", comment=now, existing_comment=before)
