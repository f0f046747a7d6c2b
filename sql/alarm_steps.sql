-- Grain: one step of the feedback to one alarm of a city or of a grid, pushed in [start_at, end_at), up to as_of_at.
-- Parameters: unit_code, grid_id (null for any; one of them is given); start_at, end_at, as_of_at, known_at (instants).
-- `inspected_at` (排查时间) is what the unit says, for information.
-- Reads: alarm, feedback_event. Of a step its last revision.
with candidate as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
      and (cast(:unit_code as varchar) is null or unit_code = :unit_code)
      and (cast(:grid_id as varchar) is null or grid_id = :grid_id)
),
told as (
    select
        e.alarm_id, e.event, e.event_at, coalesce(e.unit, '') as unit, coalesce(e.inspector, '') as inspector,
        coalesce(e.note, '') as note, e.inspected_at,
        row_number() over (partition by e.alarm_id, e.event, e.event_at order by e.revision desc) as place
    from feedback_event as e
    join candidate as c on c.alarm_id = e.alarm_id
    where e.event_at <= :as_of_at and e.received_at <= :known_at
)
select alarm_id, event, event_at, unit, inspector, note, inspected_at
from told
where place = 1
order by alarm_id, event_at, event
