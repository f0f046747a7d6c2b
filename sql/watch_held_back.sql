-- Grain: one run of hours of a grid, begun in [start_at, end_at), that stood above its surroundings and became no alarm.
-- Parameters: start_at, end_at (instants). Reads: watch_suppressed.
select
    grid_id, unit_code, started_at, last_at, hours, reason, peak_increment_ug_m3, peak_probability, station_ids
from watch_suppressed
where started_at >= :start_at and started_at < :end_at
order by started_at, grid_id
