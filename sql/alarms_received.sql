-- Grain: one revision of one alarm. Columns: those of `alarm` that the platform contract tells, and received_at.
-- Parameters: since_at, until_at (of received_at: from, exclusive to).
-- Reads: alarm.
select
    alarm_id,
    revision,
    revised_at,
    grid_id,
    unit_code,
    county,
    point_name,
    lon,
    lat,
    started_at,
    last_at,
    alarm_count,
    peak_pm25_ug_m3,
    pushed_at,
    deadline_at,
    is_simulated,
    received_at
from alarm
where received_at >= :since_at
  and received_at < :until_at
order by received_at, alarm_id, revision
