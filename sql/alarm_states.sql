-- Grain: one alarm pushed in [start_at, end_at), in its state as of as_of_at; with with_old = 1 also alarms pushed before
--   start_at that may be open as of as_of_at (each open one is among them; some of them are not open: `judge` tells).
-- Parameters: start_at, end_at, as_of_at, known_at (instants), with_old (1 or 0), unit_code, grid_id (null for any). Nothing that happened after as_of_at is seen, and
--   nothing that was received after known_at. with_old asks that start_at lies seven days before as_of_at or more.
-- Reads: alarm, feedback_event, lingering_alarm.
-- An alarm's content is its last revision with revised_at <= as_of_at. Of two steps at one instant the order is submitted, returned,
-- accepted, closed; disputed, then its decision. A return that no answer precedes is not a step. `first_answer_at`: the
-- earliest submission or acceptance; `standing_event`, `standing_at`: the last of submitted, returned, accepted; `returned_at`: the last
-- return; `standing_submission_at`: the first submission after it, or the acceptance where a source tells no submission.
-- `first_disputed_at`, `disputed_at`: the first and last dispute raised by the deadline; `last_disputed_at`: the last one, late ones too.
-- `upheld_at`, `rejected_at`, `closed_at`, `reopened_at`: the last of each.
-- Every alarm is looked up by its key, and its steps are read once: what the rest of the store holds costs nothing.
-- `coalesce` of the (never empty) event_at keeps a planner without statistics from the index of event_at, and the order of `cross join` one
--   with statistics from the alarms: what was received late is few, what happened or was pushed before is the whole store.
with wanted as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
      and (cast(:unit_code as varchar) is null or unit_code = :unit_code)
      and (cast(:grid_id as varchar) is null or grid_id = :grid_id)
    union
    select alarm_id
    from lingering_alarm
    where :with_old = 1 and open_until_at is null and pushed_at < :start_at
    union
    select alarm_id
    from lingering_alarm
    where :with_old = 1 and open_until_at > :as_of_at and pushed_at < :start_at
    union
    select e.alarm_id
    from feedback_event as e
    cross join alarm as a
    where :with_old = 1 and a.alarm_id = e.alarm_id and a.revision = 1 and e.received_at > :known_at and coalesce(e.event_at, e.received_at) <= :as_of_at and a.pushed_at < :start_at
),
present as (
    select a.*
    from wanted as w
    join alarm as a on a.alarm_id = w.alarm_id and a.revision = (
        select r.revision
        from alarm as r
        where r.alarm_id = w.alarm_id and r.revised_at <= :as_of_at and r.received_at <= :known_at
        order by r.revised_at desc, r.revision desc
        limit 1
    )
    where a.pushed_at < :end_at and a.pushed_at <= :as_of_at and (a.pushed_at >= :start_at or :with_old = 1)
      and (cast(:unit_code as varchar) is null or a.unit_code = :unit_code)
      and (cast(:grid_id as varchar) is null or a.grid_id = :grid_id)
),
step as (
    select p.alarm_id, p.deadline_at, e.event, e.event_at
    from present as p
    left join feedback_event as e on e.alarm_id = p.alarm_id and e.event_at <= :as_of_at and e.received_at <= :known_at
),
marked as (
    select
        alarm_id, deadline_at, event, event_at,
        case event when 'submitted' then 1 when 'returned' then 2 when 'accepted' then 3 end as step_order,
        min(case when event = 'submitted' then event_at end) over (partition by alarm_id) as first_submitted_at,
        min(case when event = 'accepted' then event_at end) over (partition by alarm_id) as first_accepted_at
    from step
),
counted as (
    select
        alarm_id, deadline_at, event, event_at, step_order,
        case
            when event in ('submitted', 'accepted') then 'answer'
            when event = 'returned' and (first_submitted_at <= event_at or first_accepted_at < event_at) then 'answer'
            else 'other'
        end as thread
    from marked
),
ranked as (
    select
        alarm_id, deadline_at, event, event_at, thread,
        max(case when thread = 'answer' and event = 'returned' then event_at end) over (partition by alarm_id) as returned_at,
        row_number() over (partition by alarm_id, thread order by event_at desc, step_order desc) as place
    from counted
),
told as (
    select
        alarm_id,
        min(case when event = 'acknowledged' then event_at end) as acknowledged_at,
        min(case when event in ('submitted', 'accepted') then event_at end) as first_answer_at,
        max(case when thread = 'answer' and place = 1 then event end) as standing_event,
        max(case when thread = 'answer' and place = 1 then event_at end) as standing_at,
        max(returned_at) as returned_at,
        min(case when event = 'submitted' and (returned_at is null or event_at > returned_at) then event_at end) as submitted_at,
        min(case when event = 'disputed' and event_at <= deadline_at then event_at end) as first_disputed_at,
        max(case when event = 'disputed' and event_at <= deadline_at then event_at end) as disputed_at,
        max(case when event = 'disputed' then event_at end) as last_disputed_at,
        max(case when event = 'dispute_upheld' then event_at end) as upheld_at,
        max(case when event = 'dispute_rejected' then event_at end) as rejected_at,
        max(case when event = 'closed' then event_at end) as closed_at,
        max(case when event = 'reopened' then event_at end) as reopened_at
    from ranked
    group by alarm_id
)
select
    p.alarm_id, p.grid_id, p.unit_code, p.county, p.point_name, p.lon, p.lat,
    p.started_at, p.last_at, p.alarm_count, p.peak_pm25_ug_m3, p.pushed_at, p.deadline_at,
    p.is_simulated, p.source,
    t.acknowledged_at, t.first_answer_at, t.standing_event, t.standing_at,
    case when t.standing_event in ('submitted', 'accepted') then coalesce(t.submitted_at, t.standing_at) end as standing_submission_at,
    t.returned_at, t.first_disputed_at, t.disputed_at, t.last_disputed_at, t.upheld_at, t.rejected_at, t.closed_at, t.reopened_at
from told as t
join present as p on p.alarm_id = t.alarm_id
order by p.pushed_at, p.alarm_id
