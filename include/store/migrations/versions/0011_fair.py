"""Open alarms of any age by an index; 排查时间 beside the event time; steps by their time."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STILL_OPEN = "open_until_at is null"
WAS_OPEN = "open_until_at is not null"

# Every alarm with the last of its steps; then those that may be open, or were for more than seven days.
FILL = """
insert into lingering_alarm (alarm_id, pushed_at, open_until_at)
select alarm_id, pushed_at, case when is_settled = 1 then settled_at end
from (
    select
        alarm_id, pushed_at, {greatest} as settled_at,
        case
            when answered_at > coalesce(returned_at, {never}) then 1
            when accepted_at >= returned_at then 1
            when upheld_at >= coalesce(rejected_at, {never}) then 1
            else 0
        end as is_settled
    from (
        select
            a.alarm_id, min(a.pushed_at) as pushed_at,
            max(case when e.event in ('submitted', 'accepted') then e.event_at end) as answered_at,
            max(case when e.event = 'accepted' then e.event_at end) as accepted_at,
            max(case when e.event = 'returned' then e.event_at end) as returned_at,
            max(case when e.event = 'dispute_upheld' then e.event_at end) as upheld_at,
            max(case when e.event = 'dispute_rejected' then e.event_at end) as rejected_at
        from alarm as a
        left join feedback_event as e on e.alarm_id = a.alarm_id
        group by a.alarm_id
    ) as steps
) as told
where is_settled = 0 or settled_at > {week_later}
"""
DIALECTS = {
    "sqlite": {
        "greatest": "max(coalesce(answered_at, ''), coalesce(upheld_at, ''))",
        "never": "''",
        "week_later": "strftime('%Y-%m-%dT%H:%M:%f', pushed_at, '+7 days') || '000Z'",
    },
    "postgresql": {
        "greatest": "greatest(answered_at, upheld_at)",
        "never": "timestamptz '-infinity'",
        "week_later": "pushed_at + interval '7 days'",
    },
}


# Column, what it said, what it says.
COMMENTS = (
    (
        "event",
        "acknowledged, submitted, returned, accepted, disputed, dispute_upheld, dispute_rejected",
        "acknowledged, submitted, returned, accepted, disputed, dispute_upheld, dispute_rejected, closed, reopened",
    ),
    (
        "event_at",
        "when it happened",
        "when it happened, by a clock that the judged unit does not write: the platform's record, or our receipt",
    ),
)


def upgrade() -> None:
    op.create_table(
        "lingering_alarm",
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column(
            "pushed_at", Instant(length=27), nullable=False, comment="the earliest that a revision tells"
        ),
        sa.Column(
            "open_until_at",
            Instant(length=27),
            comment="from when on it was answered, withdrawn (误报) or closed for good; empty while it may be open",
        ),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_lingering_alarm")),
        comment=(
            "An alarm that may be open, or that was for more than seven days: how a day finds the open alarms of any age. "
            "Derived from alarm and feedback_event at each intake."
        ),
    )
    dialect = op.get_bind().dialect.name
    op.execute(sa.text(FILL.format(**DIALECTS[dialect]).replace(":", "\\:")))
    for name, columns, where in (
        ("ix_lingering_alarm_still_open", ["pushed_at"], STILL_OPEN),
        ("ix_lingering_alarm_was_open", ["open_until_at", "pushed_at"], WAS_OPEN),
    ):
        op.create_index(
            name, "lingering_alarm", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.add_column(
        "feedback_event",
        sa.Column(
            "inspected_at",
            Instant(length=27),
            comment="排查时间: when the unit says that it inspected; information, no figure reads it",
        ),
    )
    op.create_index(op.f("ix_feedback_event_event_at"), "feedback_event", ["event_at"])
    if dialect == "postgresql":  # SQLite keeps no comments
        for name, before, now in COMMENTS:
            op.alter_column("feedback_event", name, comment=now, existing_comment=before)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, before, now in COMMENTS:
            op.alter_column("feedback_event", name, comment=before, existing_comment=now)
    op.drop_index(op.f("ix_feedback_event_event_at"), "feedback_event")
    op.drop_column("feedback_event", "inspected_at")
    op.drop_table("lingering_alarm")
