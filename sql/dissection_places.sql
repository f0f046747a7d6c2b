-- Grain: one grid that ever had a case of 解剖分析: the unit and the place of its newest alarm by as_of_at.
-- Parameters: as_of_at (instant). Reads: dissection_event, alarm.
with named as (
    select distinct grid_id from dissection_event
),
newest as (
    select
        a.grid_id, a.unit_code, a.county, a.point_name,
        row_number() over (partition by a.grid_id order by a.pushed_at desc, a.alarm_id, a.revision desc) as place
    from named as n
    join alarm as a on a.grid_id = n.grid_id
    where a.pushed_at <= :as_of_at and a.revised_at <= :as_of_at
)
select grid_id, unit_code, county, point_name
from newest
where place = 1
order by grid_id
