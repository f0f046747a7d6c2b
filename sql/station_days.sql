-- Grain: one station on one day: the fact that holds (of the day's last revision).
-- Parameters: first_date, last_date (dates, inclusive), edition (text).
-- Reads: watch_day, station_day.
select
    d.observed_on, d.station_id, d.rules_edition, d.unit_code, d.grid_id, d.hours, d.completeness, d.pm25_ug_m3,
    d.log_ratio, d.spread, d.damp_mean, d.damp_xx, d.damp_xy, d.low_hours, d.spikes, d.stuck_hours, d.range_hours, d.dead_hours,
    d.verdict
from (
    select observed_on, rules_edition, max(revision) as revision
    from watch_day
    where observed_on >= :first_date and observed_on <= :last_date and rules_edition = :edition
    group by observed_on, rules_edition
) as l
join station_day as d
    on d.observed_on = l.observed_on and d.rules_edition = l.rules_edition and d.revision = l.revision
order by d.observed_on, d.station_id
