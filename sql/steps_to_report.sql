-- Grain: one step of ours at an alarm of the office above that it was not told yet.
-- Parameters: upper (source); since_at (of received_at).
-- Reads: feedback_event, alarm, sent_report.
select f.alarm_id, f.event, f.event_at, f.unit, f.inspector, f.problem_found, f.note, f.inspected_at, f.is_simulated
from feedback_event as f
join alarm as a on a.alarm_id = f.alarm_id and a.revision = 1 and a.source = :upper
where f.received_at >= :since_at
  and f.source <> :upper
  and f.event in ('acknowledged', 'submitted', 'disputed')
  and f.revision = (
    select max(g.revision) from feedback_event as g
    where g.alarm_id = f.alarm_id and g.event = f.event and g.event_at = f.event_at
  )
  and not exists (
    select 1 from sent_report as s
    where s.upper = :upper and s.kind = 'feedback' and s.alarm_id = f.alarm_id and s.record_id = f.event and s.told_at = f.event_at
  )
order by f.received_at, f.event_at, f.alarm_id, f.event
