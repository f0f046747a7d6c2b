-- Grain: one step of a chain whose deadline for what comes next passed before end_at: since start_at, or it still is the last of its task.
-- Parameters: start_at, end_at (instants). Reads: chain_event.
select e.alarm_id, e.seq, e.task_no, e.event, e.event_at, e.of_seq, e.due_at, e.is_simulated
from chain_event as e
where
    e.due_at < :end_at and e.task_no > 0
    and (
        e.due_at >= :start_at
        or not exists (
            select 1 from chain_event as n where n.alarm_id = e.alarm_id and n.task_no = e.task_no and n.seq > e.seq
        )
    )
order by e.due_at, e.alarm_id, e.seq
