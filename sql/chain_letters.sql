-- Grain: one step of a chain that a letter tells (交办, 审核通过, 退回, 整改, 现场验收), taken in [start_at, end_at).
-- Parameters: start_at, end_at (instants). Reads: chain_event.
select alarm_id, seq, task_no, event, event_at, is_simulated
from chain_event
where event_at >= :start_at and event_at < :end_at and event in ('assigned', 'passed', 'returned', 'spot_failed', 'rectified', 'inspected_passed', 'inspected_failed')
order by event_at, alarm_id, seq
