-- Grain: one row: how many alarms were pushed to a unit from start_at on, by their last revision, and when the last one was.
-- Parameters: unit_code, start_at (instant).
-- Reads: alarm.
select count(*) as alarms, max(a.pushed_at) as last_pushed_at
from alarm as a
where a.unit_code = :unit_code and a.pushed_at >= :start_at
  and a.revision = (select max(r.revision) from alarm as r where r.alarm_id = a.alarm_id)
