-- Grain: one task (交办件) of the chain of an alarm, as of as_of_at: of the alarms first assigned in [start_at, end_at), and with
--   with_open = 1 also of those that run as of as_of_at, of any age (some that are returned have just ended: `state` tells).
-- Parameters: start_at, end_at, as_of_at, known_at (instants), with_open (1 or 0). Nothing that happened after as_of_at or was
--   recorded after known_at is seen.
-- Reads: chain_alarm, chain_event, alarm.
-- `state`: of the task after its last step, or `closed` where the alarm is (结案). `due_at`: until when what comes next is asked for.
-- `holder_code`, `role`: who holds it, in which part. `acknowledge_due_at`: until when 签收 is or was asked for, with what was given for
-- outages. `reported_at`: the first report; `problem_found`, `category`, `report_note`, `reporter`, `rectify_by_at`: of the last one. `passed_at`, `rectified_at`, `accepted_at` (验收), `written_off_at`: the last of each; `returns`,
-- `failures`: how often.
-- Times of a step are those of its receipt; a step beyond which the task was sent back counts as it was.
with wanted as (
    select alarm_id
    from chain_alarm
    where assigned_at >= :start_at and assigned_at < :end_at and assigned_at <= :as_of_at
    union
    select alarm_id
    from chain_alarm
    where :with_open = 1 and open_until_at is null and assigned_at <= :as_of_at
    union
    select alarm_id
    from chain_alarm
    where :with_open = 1 and open_until_at > :as_of_at and assigned_at <= :as_of_at
),
told as (
    select
        e.*,
        row_number() over (partition by e.alarm_id, e.task_no order by e.seq desc) as place,
        max(case when e.event = 'reported' then e.seq end) over (partition by e.alarm_id, e.task_no) as last_report_seq,
        max(case when e.event in ('assigned', 'handed_over') then e.seq end) over (partition by e.alarm_id, e.task_no) as holder_seq,
        min(e.seq) over (partition by e.alarm_id, e.task_no) as first_seq
    from wanted as w
    join chain_event as e on e.alarm_id = w.alarm_id
    where e.event_at <= :as_of_at and e.recorded_at <= :known_at
),
task as (
    select
        alarm_id, task_no,
        max(case when seq = holder_seq then unit_code end) as holder_code,
        max(case when seq = holder_seq then role end) as role,
        max(case when place = 1 then state end) as state,
        max(case when event not in ('extended', 'handed_over') then event_at end) as state_at,
        max(case when place = 1 then due_at end) as due_at,
        max(case when place = 1 then answer_due_at end) as answer_due_at,
        max(case when place = 1 and is_drawn then 1 else 0 end) as is_drawn,
        min(case when event = 'assigned' then event_at end) as assigned_at,
        max(case when state = 'assigned' then due_at when of_seq = first_seq then met_due_at end) as acknowledge_due_at,
        min(case when event in ('acknowledged', 'reported') then receipt_at end) as acknowledged_at,
        min(case when event = 'reported' then receipt_at end) as reported_at,
        max(case when seq = last_report_seq then case when problem_found then 1 else 0 end end) as has_problem,
        max(case when seq = last_report_seq then category end) as category,
        max(case when seq = last_report_seq then note end) as report_note,
        max(case when seq = last_report_seq then person end) as reporter,
        max(case when seq = last_report_seq then rectify_by end) as rectify_by_at,
        max(case when event = 'passed' then receipt_at end) as passed_at,
        max(case when event = 'rectified' then receipt_at end) as rectified_at,
        max(case when event = 'inspected_passed' then receipt_at end) as accepted_at,
        max(case when event = 'written_off' then receipt_at end) as written_off_at,
        sum(case when event = 'returned' then 1 else 0 end) as returns,
        sum(case when event in ('inspected_failed', 'spot_failed') then 1 else 0 end) as failures
    from told
    where task_no > 0
    group by alarm_id, task_no
),
shut as (
    select alarm_id, event_at as closed_at
    from told
    where task_no = 0 and place = 1 and event = 'closed'
),
present as (
    select a.*
    from (select distinct alarm_id from told) as w
    join alarm as a on a.alarm_id = w.alarm_id and a.revision = (
        select r.revision
        from alarm as r
        where r.alarm_id = w.alarm_id and r.revised_at <= :as_of_at and r.received_at <= :known_at
        order by r.revised_at desc, r.revision desc
        limit 1
    )
)
select
    t.alarm_id, t.task_no, t.holder_code, t.role,
    case when s.closed_at is null then t.state else 'closed' end as state,
    coalesce(s.closed_at, t.state_at) as state_at,
    case when s.closed_at is null then t.due_at end as due_at,
    t.answer_due_at, t.is_drawn, t.assigned_at, t.acknowledge_due_at, t.acknowledged_at, t.reported_at,
    t.has_problem, t.category, t.report_note, t.reporter, t.rectify_by_at, t.passed_at, t.rectified_at, t.accepted_at,
    t.written_off_at, s.closed_at, t.returns, t.failures,
    p.grid_id, p.unit_code, p.county, p.point_name, p.lon, p.lat, p.started_at, p.last_at, p.alarm_count, p.peak_pm25_ug_m3,
    p.pushed_at, p.deadline_at, p.is_simulated
from task as t
join present as p on p.alarm_id = t.alarm_id
left join shut as s on s.alarm_id = t.alarm_id
order by t.assigned_at, t.alarm_id, t.task_no
