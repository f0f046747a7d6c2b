-- Grain: one alarm pushed in [start_at, end_at) up to as_of_at, without those struck out (误报) by then, of the grids that have `least`
--   of them or more.
-- Parameters: start_at, end_at, as_of_at, known_at (instants), grid_id (null for any), least (1 for every grid). Nothing received after known_at is seen.
-- Reads: alarm, feedback_event. Struck out: the last decision of a dispute is an upholding, as `judge` reads it.
with pushed as (
    select alarm_id, min(pushed_at) as first_pushed_at
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
      and (cast(:grid_id as varchar) is null or grid_id = :grid_id)
    group by alarm_id
),
present as (
    select a.alarm_id, a.grid_id, a.pushed_at, a.is_simulated
    from pushed as p
    join alarm as a on a.alarm_id = p.alarm_id and a.revision = (
        select r.revision
        from alarm as r
        where r.alarm_id = p.alarm_id and r.revised_at <= :as_of_at and r.received_at <= :known_at
        order by r.revised_at desc, r.revision desc
        limit 1
    )
    where a.pushed_at >= :start_at and a.pushed_at < :end_at and a.pushed_at <= :as_of_at
),
decided as (
    select
        e.alarm_id,
        max(case when e.event = 'dispute_upheld' then e.event_at end) as upheld_at,
        max(case when e.event = 'dispute_rejected' then e.event_at end) as rejected_at
    from present as p
    join feedback_event as e on e.alarm_id = p.alarm_id
    where e.event in ('dispute_upheld', 'dispute_rejected') and e.event_at <= :as_of_at and e.received_at <= :known_at
    group by e.alarm_id
),
counted as (
    select p.alarm_id, p.grid_id, p.pushed_at, p.is_simulated, count(*) over (partition by p.grid_id) as grid_alarms
    from present as p
    left join decided as d on d.alarm_id = p.alarm_id
    where d.upheld_at is null or d.upheld_at < d.rejected_at
)
select alarm_id, grid_id, pushed_at, is_simulated
from counted
where grid_alarms >= :least
order by grid_id, pushed_at, alarm_id
