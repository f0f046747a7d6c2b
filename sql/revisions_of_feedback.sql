-- Grain: one stored revision of one feedback event of one of the alarms named in wanted_key.
-- Parameters: none.
-- Reads: wanted_key (temporary), feedback_event.
select e.alarm_id, e.event, e.event_at, e.revision, e.content_hash, e.source, e.inspected_at
from wanted_key as w
cross join feedback_event as e
where e.alarm_id = w.key_text
order by e.alarm_id, e.event, e.event_at, e.revision
