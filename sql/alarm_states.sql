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
-- Every alarm is looked up by its key, and its steps are read once, in one grouping: what the rest of the store holds costs nothing.
-- Of returns the last one decides: where an answer precedes any of them, one precedes the last.
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
told as (
    select
        p.alarm_id,
        min(case when e.event = 'acknowledged' then e.event_at end) as acknowledged_at,
        min(case when e.event in ('submitted', 'accepted') then e.event_at end) as first_answer_at,
        min(case when e.event = 'submitted' then e.event_at end) as first_submitted_at,
        max(case when e.event = 'submitted' then e.event_at end) as last_submitted_at,
        min(case when e.event = 'accepted' then e.event_at end) as first_accepted_at,
        max(case when e.event = 'accepted' then e.event_at end) as last_accepted_at,
        max(case when e.event = 'returned' then e.event_at end) as last_returned_at,
        min(case when e.event = 'disputed' and e.event_at <= p.deadline_at then e.event_at end) as first_disputed_at,
        max(case when e.event = 'disputed' and e.event_at <= p.deadline_at then e.event_at end) as disputed_at,
        max(case when e.event = 'disputed' then e.event_at end) as last_disputed_at,
        max(case when e.event = 'dispute_upheld' then e.event_at end) as upheld_at,
        max(case when e.event = 'dispute_rejected' then e.event_at end) as rejected_at,
        max(case when e.event = 'closed' then e.event_at end) as closed_at,
        max(case when e.event = 'reopened' then e.event_at end) as reopened_at
    from present as p
    left join feedback_event as e on e.alarm_id = p.alarm_id and e.event_at <= :as_of_at and e.received_at <= :known_at
    group by p.alarm_id
),
sent_back as (
    select
        told.*,
        case when first_submitted_at <= last_returned_at or first_accepted_at < last_returned_at then last_returned_at end as returned_at
    from told
),
standing as (
    select
        sent_back.*,
        case
            when last_accepted_at >= coalesce(last_submitted_at, last_accepted_at)
                and last_accepted_at >= coalesce(returned_at, last_accepted_at) then 'accepted'
            when returned_at >= coalesce(last_submitted_at, returned_at) then 'returned'
            when last_submitted_at is not null then 'submitted'
        end as standing_event
    from sent_back
),
stood as (
    select
        standing.*,
        case standing_event when 'accepted' then last_accepted_at when 'returned' then returned_at else last_submitted_at end as standing_at,
        case
            when returned_at is null then first_submitted_at
            when last_submitted_at > returned_at then (
                select min(s.event_at)
                from feedback_event as s
                where s.alarm_id = standing.alarm_id and s.event = 'submitted'
                  and s.event_at > standing.returned_at and s.event_at <= :as_of_at and s.received_at <= :known_at
            )
        end as submitted_at
    from standing
)
select
    p.alarm_id, p.grid_id, p.unit_code, p.county, p.point_name, p.lon, p.lat,
    p.started_at, p.last_at, p.alarm_count, p.peak_pm25_ug_m3, p.pushed_at, p.deadline_at,
    p.is_simulated, p.source,
    t.acknowledged_at, t.first_answer_at, t.standing_event, t.standing_at,
    case when t.standing_event in ('submitted', 'accepted') then coalesce(t.submitted_at, t.standing_at) end as standing_submission_at,
    t.returned_at, t.first_disputed_at, t.disputed_at, t.last_disputed_at, t.upheld_at, t.rejected_at, t.closed_at, t.reopened_at
from stood as t
join present as p on p.alarm_id = t.alarm_id
order by p.pushed_at, p.alarm_id
