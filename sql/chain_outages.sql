-- Grain: one extension of a task that was made for an outage on our own side (its key names the span).
-- Parameters: none. Reads: chain_event.
select alarm_id, task_no, event_key, event_at, actor, note
from chain_event
where event = 'extended' and event_key like 'outage %'
order by event_at, alarm_id, seq
