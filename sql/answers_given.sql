-- Grain: one alarm pushed in [start_at, end_at) that was answered by as_of_at: what its last submission said (inspected_at: 排查时间).
-- Parameters: start_at, end_at, as_of_at, known_at (instants); unit_code, grid_id (null for any; of any revision of the alarm).
-- Nothing that was received after known_at is seen.
-- Reads: alarm, feedback_event. Of a submission its last revision.
with candidate as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
      and (cast(:unit_code as varchar) is null or unit_code = :unit_code)
      and (cast(:grid_id as varchar) is null or grid_id = :grid_id)
),
told as (
    select e.alarm_id, e.event_at as submitted_at, e.unit, e.note, e.inspected_at,
           row_number() over (partition by e.alarm_id order by e.event_at desc, e.revision desc) as place
    from feedback_event as e
    join candidate as c on c.alarm_id = e.alarm_id
    where e.event = 'submitted' and e.event_at <= :as_of_at and e.received_at <= :known_at
)
select alarm_id, submitted_at, coalesce(unit, '') as unit, coalesce(note, '') as note, inspected_at
from told
where place = 1
order by alarm_id
