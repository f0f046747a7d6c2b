"""Open alarms of the watch stay in the letters however old: those that nothing settled get their row of lingering_alarm."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# A row may be there for an alarm that is not open; it is never missing for one that is.
FILL = """
insert into lingering_alarm (alarm_id, pushed_at)
select a.alarm_id, min(a.pushed_at)
from alarm as a
where not exists (select 1 from lingering_alarm as l where l.alarm_id = a.alarm_id)
  and not exists (
      select 1
      from feedback_event as e
      where e.alarm_id = a.alarm_id and e.event in ('submitted', 'accepted', 'dispute_upheld', 'closed')
  )
group by a.alarm_id
"""


def upgrade() -> None:
    op.execute(FILL)


def downgrade() -> None:
    pass
