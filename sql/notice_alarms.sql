-- Grain: one revision of an alarm that was not noticed yet.
-- Parameters: noticed_at, since_at (of received_at: what was learnt before is noticed).
-- Reads: alarm. Writes: told_change.
insert into told_change (kind, record_id, event, event_at, revision, noticed_at)
select 'alarm', a.alarm_id, '', a.revised_at, a.revision, :noticed_at
from alarm as a
where a.received_at >= :since_at
  and not exists (
    select 1 from told_change as c
    where c.kind = 'alarm' and c.record_id = a.alarm_id and c.event = '' and c.event_at = a.revised_at and c.revision = a.revision
  )
order by a.received_at, a.alarm_id, a.revision
