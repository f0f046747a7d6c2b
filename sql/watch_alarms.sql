-- Grain: one alarm of the watch that was raised in (start_at, end_at], in its last state.
-- Parameters: start_at, end_at (instants). `pushed_at` is the end of the deciding hour, not the end of quiet hours.
-- Reads: watch_alarm.
select
    alarm_id, grid_id, started_at, last_at, raised_at as pushed_at, alarm_count, peak_pm25_ug_m3, confidence,
    recorded_at, is_supported, is_simulated, rules_edition, evidence_json
from watch_alarm
where raised_at > :start_at and raised_at <= :end_at
order by raised_at, alarm_id
