-- Grain: one alarm pushed in [start_at, end_at), in its state as of as_of_at.
-- Parameters: start_at, end_at, as_of_at (instants). Nothing that happened after as_of_at is seen.
-- Reads: alarm, feedback_event, problem.
-- An alarm's content is its last revision with revised_at <= as_of_at; a problem's is its last revision (its dates
-- say what had happened by then). `standing_event` is the last of submitted, returned, accepted (of two at one instant the
-- later step); `standing_submission_at` is the first submission after the last return, or the acceptance where a
-- source tells no submission; `dispute_event` is the last of the dispute's steps.
with candidate as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
),
content as (
    select a.*, row_number() over (partition by a.alarm_id order by a.revised_at desc, a.revision desc) as place
    from alarm as a
    join candidate as c on c.alarm_id = a.alarm_id
    where a.revised_at <= :as_of_at
),
known as (
    select *
    from content
    where place = 1 and pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
),
step as (
    select
        e.alarm_id, e.event, e.event_at,
        case e.event when 'submitted' then 1 when 'returned' then 2 else 3 end as step_order
    from feedback_event as e
    join known as k on k.alarm_id = e.alarm_id
    where e.event_at <= :as_of_at and e.event in ('submitted', 'returned', 'accepted')
),
standing as (
    select alarm_id, event, event_at
    from (
        select alarm_id, event, event_at,
               row_number() over (partition by alarm_id order by event_at desc, step_order desc) as place
        from step
    ) as ranked
    where place = 1
),
last_return as (
    select alarm_id, max(event_at) as returned_at from step where event = 'returned' group by alarm_id
),
submission as (
    select s.alarm_id, min(s.event_at) as submitted_at
    from step as s
    left join last_return as r on r.alarm_id = s.alarm_id
    where s.event = 'submitted' and (r.returned_at is null or s.event_at >= r.returned_at)
    group by s.alarm_id
),
first_step as (
    select e.alarm_id,
           min(case when e.event = 'acknowledged' then e.event_at end) as acknowledged_at
    from feedback_event as e
    join known as k on k.alarm_id = e.alarm_id
    where e.event_at <= :as_of_at
    group by e.alarm_id
),
dispute as (
    select alarm_id, event
    from (
        select e.alarm_id, e.event,
               row_number() over (
                   partition by e.alarm_id
                   order by e.event_at desc, case e.event when 'disputed' then 1 else 2 end desc, e.event desc
               ) as place
        from feedback_event as e
        join known as k on k.alarm_id = e.alarm_id
        where e.event_at <= :as_of_at and e.event in ('disputed', 'dispute_upheld', 'dispute_rejected')
    ) as ranked
    where place = 1
)
select
    k.alarm_id, k.grid_id, k.city_code, k.county, k.point_name, k.lon, k.lat,
    k.started_at, k.last_at, k.alarm_count, k.peak_pm25_ug_m3, k.pushed_at, k.deadline_at,
    k.is_simulated, k.source,
    f.acknowledged_at,
    s.event as standing_event,
    case when s.event in ('submitted', 'accepted') then coalesce(b.submitted_at, s.event_at) end as standing_submission_at,
    r.returned_at,
    d.event as dispute_event
from known as k
left join standing as s on s.alarm_id = k.alarm_id
left join last_return as r on r.alarm_id = k.alarm_id
left join submission as b on b.alarm_id = k.alarm_id
left join first_step as f on f.alarm_id = k.alarm_id
left join dispute as d on d.alarm_id = k.alarm_id
order by k.pushed_at, k.alarm_id
