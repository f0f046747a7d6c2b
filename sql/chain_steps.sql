-- Grain: one step that a deadline judges, of a task whose alarm was first assigned in [start_at, end_at), up to as_of_at.
-- Parameters: start_at, end_at, as_of_at, known_at (instants). Nothing that was recorded after known_at is seen.
-- Reads: chain_alarm, chain_event. `holder_code`: the unit that holds the task.
select e.alarm_id, e.task_no, a.unit_code as holder_code, e.event, e.receipt_at, e.met_due_at
from chain_alarm as c
join chain_event as e on e.alarm_id = c.alarm_id
join chain_event as a on a.alarm_id = e.alarm_id and a.task_no = e.task_no and a.event = 'assigned'
where c.assigned_at >= :start_at and c.assigned_at < :end_at
  and e.event_at <= :as_of_at and e.recorded_at <= :known_at and e.met_due_at is not null
order by e.alarm_id, e.seq
