-- Grain: one problem found by end_at at an alarm of any unit that is still open at begin_at or was found since begin_at.
-- Parameters: begin_at, end_at (instants). The place is the alarm's point. Reads: problem, alarm.
with latest as (
    select p.*, row_number() over (partition by p.problem_id order by p.revision desc) as place
    from problem as p
),
point as (
    select alarm_id, grid_id, lon, lat,
        row_number() over (partition by alarm_id order by revised_at desc, revision desc) as place
    from alarm
)
select l.problem_id, a.grid_id, l.category, a.lon, a.lat, l.found_at, l.rectified_at as accepted_at
from latest as l
join point as a on a.alarm_id = l.alarm_id and a.place = 1
where l.place = 1 and l.found_at <= :end_at and (l.found_at >= :begin_at or l.rectified_at is null or l.rectified_at > :begin_at)
order by l.problem_id
