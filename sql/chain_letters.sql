-- Grain: one step of a chain that a letter tells (交办, 变更承办, 审核通过, 退回, 整改, 现场验收), taken before end_at: since start_at, or, of any age, of an
-- alarm of which something runs at end_at.
-- Parameters: start_at, end_at (instants). Reads: chain_event, chain_alarm.
select e.alarm_id, e.seq, e.task_no, e.event, e.event_at, e.is_simulated
from chain_event as e
join chain_alarm as a on a.alarm_id = e.alarm_id
where
    e.event_at < :end_at
    and e.event in ('assigned', 'handed_over', 'passed', 'returned', 'spot_failed', 'rectified', 'inspected_passed', 'inspected_failed')
    and (e.event_at >= :start_at or a.open_until_at is null or a.open_until_at >= :end_at)
order by e.event_at, e.alarm_id, e.seq
