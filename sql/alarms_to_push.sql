-- Grain: one revision of one alarm of the watch that was raised in (since_at, end_at] and is still supported.
-- Parameters: since_at, end_at (instants): revisions that were known at end_at; on_date (date of the office): how units are called. An alias of an alarm that a platform told earlier has no
-- row in alarm: the platform pushed that one.
-- Reads: watch_alarm, alarm, city, unit, grid.
select
    a.alarm_id, a.revision, a.revised_at, a.grid_id, a.unit_code, coalesce(u.name, c.unit_name) as unit_name,
    coalesce(u.bureau, c.unit_name) as bureau, coalesce(u.address_form, '') as address_form, a.county, a.point_name, a.lon, a.lat, a.started_at, a.last_at,
    a.alarm_count, a.peak_pm25_ug_m3, a.pushed_at, a.deadline_at, a.is_simulated, w.raised_at, w.recorded_at, w.confidence,
    w.evidence_json, g.west, g.south, g.east, g.north
from watch_alarm as w
join alarm as a on a.alarm_id = w.alarm_id
join city as c on c.unit_code = a.unit_code
left join unit as u
    on u.unit_code = a.unit_code and u.valid_from <= :on_date and (u.valid_to is null or u.valid_to > :on_date)
left join grid as g on g.grid_id = a.grid_id
where w.raised_at > :since_at and w.raised_at <= :end_at and w.is_supported and a.revised_at <= :end_at
order by a.alarm_id, a.revision
