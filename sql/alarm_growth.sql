-- Grain: one revision, known by as_of_at, of an alarm pushed in [start_at, end_at) that was told more than once.
-- Parameters: start_at, end_at, as_of_at (instants).
-- Reads: alarm.
with candidate as (
    select alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and revised_at <= :as_of_at
    group by alarm_id
    having count(*) > 1
)
select a.alarm_id, a.revision, a.revised_at, a.last_at, a.alarm_count, a.peak_pm25_ug_m3
from candidate as c
join alarm as a on a.alarm_id = c.alarm_id
where a.revised_at <= :as_of_at
order by a.alarm_id, a.revised_at, a.revision
