-- Grain: one alarm pushed in [start_at, end_at), in its state as of as_of_at.
-- Parameters: start_at, end_at, as_of_at (instants). Nothing that happened after as_of_at is seen.
-- Reads: alarm, feedback_event.
-- An alarm's content is its last revision with revised_at <= as_of_at. `standing_event` is the last of submitted, returned,
-- accepted (of two at one instant the later step); `standing_submission_at` is the first submission after the last return,
-- or the acceptance where a source tells no submission; `dispute_event` is the last of the dispute's steps.
-- Every alarm is looked up by its key, and its steps are read once: what the rest of the store holds costs nothing.
with candidate as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
),
step as (
    select
        c.alarm_id, e.event, e.event_at,
        case
            when e.event in ('submitted', 'returned', 'accepted') then 'answer'
            when e.event in ('disputed', 'dispute_upheld', 'dispute_rejected') then 'dispute'
            else 'receipt'
        end as thread,
        case when e.event in ('submitted', 'disputed') then 1 when e.event = 'accepted' then 3 else 2 end as step_order
    from candidate as c
    left join feedback_event as e on e.alarm_id = c.alarm_id and e.event_at <= :as_of_at
),
ranked as (
    select
        alarm_id, event, event_at, thread,
        max(case when event = 'returned' then event_at end) over (partition by alarm_id, thread) as returned_at,
        row_number() over (partition by alarm_id, thread order by event_at desc, step_order desc, event desc) as place
    from step
),
told as (
    select
        alarm_id,
        min(case when event = 'acknowledged' then event_at end) as acknowledged_at,
        max(case when thread = 'answer' and place = 1 then event end) as standing_event,
        max(case when thread = 'answer' and place = 1 then event_at end) as standing_at,
        max(returned_at) as returned_at,
        min(case when event = 'submitted' and (returned_at is null or event_at >= returned_at) then event_at end) as submitted_at,
        max(case when thread = 'dispute' and place = 1 then event end) as dispute_event
    from ranked
    group by alarm_id
)
select
    a.alarm_id, a.grid_id, a.city_code, a.county, a.point_name, a.lon, a.lat,
    a.started_at, a.last_at, a.alarm_count, a.peak_pm25_ug_m3, a.pushed_at, a.deadline_at,
    a.is_simulated, a.source,
    t.acknowledged_at,
    t.standing_event,
    case when t.standing_event in ('submitted', 'accepted') then coalesce(t.submitted_at, t.standing_at) end as standing_submission_at,
    t.returned_at,
    t.dispute_event
from told as t
join alarm as a on a.alarm_id = t.alarm_id and a.revision = (
    select r.revision
    from alarm as r
    where r.alarm_id = t.alarm_id and r.revised_at <= :as_of_at
    order by r.revised_at desc, r.revision desc
    limit 1
)
where a.pushed_at >= :start_at and a.pushed_at < :end_at and a.pushed_at <= :as_of_at
order by a.pushed_at, a.alarm_id
