-- Grain: one revision of one alarm of these units, noticed in the window.
-- Parameters: from_at, until_at (of noticed_at: from, exclusive to); units; after_id (change_id of the last one told, or 0); most (rows).
-- Reads: told_change, alarm.
select
    c.change_id, a.alarm_id, a.revision, a.grid_id, a.unit_code, a.county, a.point_name, a.lon, a.lat, a.started_at, a.last_at,
    a.alarm_count, a.peak_pm25_ug_m3, a.pushed_at, a.deadline_at, a.revised_at, a.is_simulated
from told_change as c
join alarm as a on a.alarm_id = c.record_id and a.revision = c.revision
where c.kind = 'alarm'
  and c.noticed_at >= :from_at and c.noticed_at < :until_at
  and c.change_id > :after_id
  and a.unit_code in :units
order by c.change_id
limit :most
