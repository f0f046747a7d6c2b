-- Grain: one revision of a step of the feedback that was not noticed yet.
-- Parameters: noticed_at, since_at (of received_at: what was learnt before is noticed).
-- Reads: feedback_event. Writes: told_change.
insert into told_change (kind, record_id, event, event_at, revision, noticed_at)
select 'step', f.alarm_id, f.event, f.event_at, f.revision, :noticed_at
from feedback_event as f
where f.received_at >= :since_at
  and not exists (
    select 1 from told_change as c
    where c.kind = 'step' and c.record_id = f.alarm_id and c.event = f.event and c.event_at = f.event_at and c.revision = f.revision
  )
order by f.received_at, f.alarm_id, f.event_at, f.event, f.revision
