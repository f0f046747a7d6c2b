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
)
select
    p.problem_id, p.alarm_id, p.category, p.description, p.found_at, p.rectify_by as rectify_by_at,
    case when p.rectified_at <= :as_of_at then p.rectified_at end as rectified_at
from candidate as c
join problem as p on p.alarm_id = c.alarm_id
where p.received_at <= :known_at and p.found_at <= :as_of_at
  and not exists (
      select 1 from problem as r where r.problem_id = p.problem_id and r.revision > p.revision and r.received_at <= :known_at
  )
order by p.found_at, p.problem_id
