"""A city's own chain of an alarm: its steps, and which alarms have one that runs."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_alarm",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column("assigned_at", Instant(length=27), nullable=False, comment="first 交办"),
        sa.Column(
            "open_until_at",
            Instant(length=27),
            nullable=True,
            comment="when its last task ended or it was closed; empty while something runs",
        ),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_chain_alarm")),
        comment="An alarm that has a chain: how a day finds what runs, of any age. Derived from chain_event with each step.",
    )
    op.create_index(op.f("ix_chain_alarm_assigned_at"), "chain_alarm", ["assigned_at"], unique=False)
    op.create_index(
        "ix_chain_alarm_still_open",
        "chain_alarm",
        ["assigned_at"],
        unique=False,
        sqlite_where=sa.text("open_until_at is null"),
        postgresql_where=sa.text("open_until_at is null"),
    )
    op.create_index(
        "ix_chain_alarm_was_open",
        "chain_alarm",
        ["open_until_at"],
        unique=False,
        sqlite_where=sa.text("open_until_at is not null"),
        postgresql_where=sa.text("open_until_at is not null"),
    )
    op.create_table(
        "chain_event",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column(
            "seq",
            sa.Integer(),
            nullable=False,
            comment="1, 2, 3 … in the order in which the steps were taken",
        ),
        sa.Column(
            "task_no",
            sa.Integer(),
            nullable=False,
            comment="the task (交办件) of the alarm; 0: the alarm as a whole",
        ),
        sa.Column(
            "event",
            sa.String(length=24),
            nullable=False,
            comment="assigned, acknowledged, reported, passed, returned, rectified, inspected_passed, inspected_failed, spot_passed, spot_failed, written_off, extended, withdrawn, closed, reopened",
        ),
        sa.Column(
            "event_at",
            Instant(length=27),
            nullable=False,
            comment="when it counts as having happened, by our clock; never before the one before it",
        ),
        sa.Column(
            "receipt_at",
            Instant(length=27),
            nullable=False,
            comment="when it reached us: whether it was in time is judged by this",
        ),
        sa.Column("recorded_at", Instant(length=27), nullable=False, comment="when the store learnt of it"),
        sa.Column("actor", sa.String(length=128), nullable=False, comment="account or run that recorded it"),
        sa.Column("person", sa.String(length=128), nullable=False, comment="who did it"),
        sa.Column(
            "unit_code",
            sa.String(length=32),
            nullable=False,
            comment="unit that speaks, of an assigned the holder; empty: the office",
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="of the task afterwards; empty for the alarm",
        ),
        sa.Column(
            "due_at",
            Instant(length=27),
            nullable=True,
            comment="until when what comes next is asked for; stored as it was decided then",
        ),
        sa.Column(
            "met_due_at",
            Instant(length=27),
            nullable=True,
            comment="the deadline by which this step itself is judged",
        ),
        sa.Column(
            "answer_due_at", Instant(length=27), nullable=True, comment="until when the report is asked for"
        ),
        sa.Column(
            "role", sa.String(length=8), nullable=False, comment="lead 主办, joint 协办; empty for the alarm"
        ),
        sa.Column("problem_found", sa.Boolean(), nullable=True, comment="of a report"),
        sa.Column(
            "category",
            sa.String(length=32),
            nullable=False,
            comment="of the problem that a report tells; else empty",
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="what was found, or why"),
        sa.Column("rectify_by", Instant(length=27), nullable=True, comment="promised by a report"),
        sa.Column(
            "inspected_at",
            Instant(length=27),
            nullable=True,
            comment="排查时间: when the unit says that it inspected; information, no figure reads it",
        ),
        sa.Column("is_drawn", sa.Boolean(), nullable=False, comment="to be spot-checked (抽查) before 销号"),
        sa.Column(
            "event_key",
            sa.String(length=128),
            nullable=True,
            comment="the sender's own key, by which a repetition is known; empty for none",
        ),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="the alarm is 模拟数据"),
        sa.PrimaryKeyConstraint("alarm_id", "seq", name=op.f("pk_chain_event")),
        sa.UniqueConstraint("event_key", name=op.f("uq_chain_event_event_key")),
        comment="One step of the chain of an alarm (交办 to 结案). Rows are only added; each had passed the rules of include/chain when it came.",
    )
    op.create_index(op.f("ix_chain_event_event_at"), "chain_event", ["event_at"], unique=False)


def downgrade() -> None:
    op.drop_table("chain_event")
    op.drop_table("chain_alarm")
