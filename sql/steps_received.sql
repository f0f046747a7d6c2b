-- Grain: one revision of one step of the feedback, with the unit of its alarm's last revision.
-- Parameters: since_at, until_at (of received_at: from, exclusive to).
-- Reads: feedback_event, alarm.
select
    step.alarm_id,
    step.event,
    step.event_at,
    step.revision,
    step.unit,
    step.inspector,
    step.problem_found,
    step.note,
    step.inspected_at,
    step.is_simulated,
    step.received_at,
    named.unit_code
from feedback_event as step
left join alarm as named
  on named.alarm_id = step.alarm_id
 and named.revision = (select max(last.revision) from alarm as last where last.alarm_id = step.alarm_id)
where step.received_at >= :since_at
  and step.received_at < :until_at
order by step.received_at, step.alarm_id, step.event_at, step.event, step.revision
