-- Grain: one step of the chain of one alarm.
-- Parameters: since_at, until_at (of recorded_at: from, exclusive to).
-- Reads: chain_event.
select
    alarm_id,
    seq,
    task_no,
    event,
    event_at,
    unit_code,
    state,
    due_at,
    role,
    problem_found,
    category,
    note,
    rectify_by,
    inspected_at,
    is_simulated,
    recorded_at as received_at
from chain_event
where recorded_at >= :since_at
  and recorded_at < :until_at
order by recorded_at, alarm_id, seq
