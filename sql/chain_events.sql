-- Grain: one step of the chain of one alarm up to as_of_at, in the order in which they were taken.
-- Parameters: alarm_id; as_of_at, known_at (instants). Nothing that was recorded after known_at is seen.
-- Reads: chain_event.
select
    alarm_id, seq, task_no, event, event_at, receipt_at, recorded_at, actor, person, unit_code, state, due_at, met_due_at, answer_due_at,
    role, problem_found, category, note, rectify_by as rectify_by_at, inspected_at, is_drawn, coalesce(event_key, '') as event_key, of_seq
from chain_event
where alarm_id = :alarm_id and event_at <= :as_of_at and recorded_at <= :known_at
order by seq
