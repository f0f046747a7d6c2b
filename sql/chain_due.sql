-- Grain: one step of a chain whose deadline for what comes next lies in [start_at, end_at).
-- Parameters: start_at, end_at (instants). Reads: chain_event.
select alarm_id, seq, task_no, event, due_at, is_simulated
from chain_event
where due_at >= :start_at and due_at < :end_at and task_no > 0
order by due_at, alarm_id, seq
