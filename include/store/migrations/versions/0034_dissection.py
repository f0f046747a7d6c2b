"""解剖分析: the events of its cases."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dissection_event",
        sa.Column(
            "case_id",
            sa.String(length=80),
            nullable=False,
            comment="grid_id, -, and the number of the case there",
        ),
        sa.Column(
            "seq",
            sa.Integer(),
            nullable=False,
            comment="1, 2, 3 … in the order in which the steps were taken",
        ),
        sa.Column("grid_id", sa.String(length=64), nullable=False),
        sa.Column("case_no", sa.Integer(), nullable=False, comment="1, 2, 3 … of the grid"),
        sa.Column(
            "event",
            sa.String(length=24),
            nullable=False,
            comment="opened, reopened (by the alarms), filed, measure_added, measure_done, measure_returned, measure_cancelled, accepted, dropped",
        ),
        sa.Column(
            "event_at",
            Instant(),
            nullable=False,
            comment="of an opening the push of the alarm that decided it; else when it was recorded",
        ),
        sa.Column("recorded_at", Instant(), nullable=False, comment="when the store learnt of it"),
        sa.Column("actor", sa.String(length=128), nullable=False, comment="account or run that recorded it"),
        sa.Column("person", sa.String(length=128), nullable=False, comment="who did it"),
        sa.Column("note", sa.Text(), nullable=False, comment="of a new measure what is to be done; else why"),
        sa.Column(
            "measure_no",
            sa.Integer(),
            nullable=False,
            comment="1, 2, 3 … of the case; 0: the case as a whole",
        ),
        sa.Column(
            "unit_code",
            sa.String(length=32),
            nullable=False,
            comment="of a new measure: the unit that is to do it",
        ),
        sa.Column(
            "owner", sa.String(length=128), nullable=False, comment="of a new measure: who answers for it"
        ),
        sa.Column("due_at", Instant(), nullable=True, comment="of a new measure: until when"),
        sa.Column(
            "document_sha256",
            sa.String(length=64),
            nullable=False,
            comment="of a filed analysis: the finished document in the archive",
        ),
        sa.Column("document_name", sa.String(length=200), nullable=False, comment="its file name"),
        sa.Column(
            "alarm_id",
            sa.String(length=64),
            nullable=False,
            comment="of an opening: the alarm that decided it",
        ),
        sa.Column("rule_alarms", sa.Integer(), nullable=False, comment="of an opening: so many alarms …"),
        sa.Column(
            "rule_days", sa.Integer(), nullable=False, comment="… in so many days, by the profile then"
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="an alarm of it is 模拟数据"),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_dissection_event")),
        comment="One event of a case of 解剖分析. Rows are only added; each had passed the rules of include/chain/dissection when it came.",
    )
    op.create_index(op.f("ix_dissection_event_event_at"), "dissection_event", ["event_at"], unique=False)
    op.create_index(op.f("ix_dissection_event_grid_id"), "dissection_event", ["grid_id"], unique=False)
    op.create_index(
        op.f("ix_dissection_event_recorded_at"), "dissection_event", ["recorded_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_dissection_event_event_at"), table_name="dissection_event")
    op.drop_index(op.f("ix_dissection_event_grid_id"), table_name="dissection_event")
    op.drop_index(op.f("ix_dissection_event_recorded_at"), table_name="dissection_event")
    op.drop_table("dissection_event")
