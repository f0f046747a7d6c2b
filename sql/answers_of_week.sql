-- Grain: one alarm that a unit answered in [start_at, end_at): its last submission of that week.
-- Parameters: start_at, end_at (instants).
-- Reads: feedback_event, alarm. Unit, place and name are those of the last revision told before end_at.
with submitted as (
    select alarm_id, event_at, coalesce(unit, '') as unit, coalesce(note, '') as note,
           row_number() over (partition by alarm_id order by event_at desc, revision desc) as place
    from feedback_event
    where event = 'submitted' and event_at >= :start_at and event_at < :end_at
),
content as (
    select a.alarm_id, a.grid_id, a.unit_code, a.county, a.point_name, a.is_simulated,
           row_number() over (partition by a.alarm_id order by a.revised_at desc, a.revision desc) as place
    from submitted as s
    join alarm as a on a.alarm_id = s.alarm_id and a.revised_at < :end_at
    where s.place = 1
)
select s.alarm_id, c.unit_code, t.unit_name, c.grid_id, c.county, c.point_name, s.event_at as submitted_at, s.unit, s.note, c.is_simulated
from submitted as s
join content as c on c.alarm_id = s.alarm_id and c.place = 1
join city as t on t.unit_code = c.unit_code
where s.place = 1
order by s.alarm_id
