-- Grain: one step that a deadline judges, or by which a report or rectification was made or not taken, of a task whose alarm was first assigned in [start_at, end_at), up to as_of_at.
-- Parameters: start_at, end_at, as_of_at, known_at (instants). Nothing that was recorded after known_at is seen.
-- Reads: chain_alarm, chain_event. `unit_code`: the unit that took it, empty for the office. `met_due_at`: its deadline, the later one that
-- it was given for an outage; none of what nothing waited for.
select
    e.alarm_id, e.task_no, e.unit_code, e.event, e.receipt_at,
    coalesce(
        (
            select max(x.met_due_at)
            from chain_event as x
            where x.alarm_id = e.alarm_id and x.of_seq = e.seq and x.event_at <= :as_of_at and x.recorded_at <= :known_at
        ),
        e.met_due_at
    ) as met_due_at
from chain_alarm as c
join chain_event as e on e.alarm_id = c.alarm_id
where c.assigned_at >= :start_at and c.assigned_at < :end_at
  and e.event_at <= :as_of_at and e.recorded_at <= :known_at and e.of_seq is null
  and (e.met_due_at is not null or e.event in ('reported', 'rectified', 'returned', 'inspected_failed', 'spot_failed'))
order by e.alarm_id, e.seq
