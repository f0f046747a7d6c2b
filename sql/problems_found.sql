-- Grain: one problem found by as_of_at at an alarm pushed in [start_at, end_at).
-- Parameters: start_at, end_at, as_of_at, known_at (instants); unit_code, grid_id (null for any; of any revision of the alarm).
-- Nothing that was received after known_at is seen.
-- Reads: alarm, problem. The last revision of each problem; rectified_at is empty when it lies after as_of_at.
with candidate as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
      and (cast(:unit_code as varchar) is null or unit_code = :unit_code)
      and (cast(:grid_id as varchar) is null or grid_id = :grid_id)
),
latest as (
    select p.*, row_number() over (partition by p.problem_id order by p.revision desc) as place
    from problem as p
    join candidate as c on c.alarm_id = p.alarm_id
    where p.received_at <= :known_at
)
select
    problem_id, alarm_id, category, description, found_at, rectify_by as rectify_by_at,
    case when rectified_at <= :as_of_at then rectified_at end as rectified_at
from latest
where place = 1 and found_at <= :as_of_at
order by found_at, problem_id
