-- Grain: one of the alarms named in wanted_key that the store knows.
-- Parameters: none.
-- Reads: wanted_key (temporary), alarm.
select a.alarm_id, min(a.started_at) as started_at, min(a.pushed_at) as pushed_at
from wanted_key as w
cross join alarm as a
where a.alarm_id = w.key_text
group by a.alarm_id
