-- Grain: one alarm about which a person of the office has something to decide: topic `dispute`, a dispute raised after the last
--   decision; topic `answer`, an answer given again after it was sent back and not accepted since.
-- Parameters: as_of_at (instant): nothing later is seen.
-- Reads: feedback_event, alarm. The steps that ask for it are found by their own index; content is the last revision.
with asked as (
    select 'dispute' as topic, e.alarm_id, max(e.event_at) as since_at
    from feedback_event as e
    where e.event in ('disputed', 'returned') and e.event = 'disputed' and e.event_at <= :as_of_at
    group by e.alarm_id
    union all
    select 'answer' as topic, e.alarm_id, max(e.event_at) as since_at
    from feedback_event as e
    where e.event in ('disputed', 'returned') and e.event = 'returned' and e.event_at <= :as_of_at
    group by e.alarm_id
),
undecided as (
    select a.topic, a.alarm_id, a.since_at
    from asked as a
    where a.topic = 'dispute' and not exists (
        select 1 from feedback_event as d
        where d.alarm_id = a.alarm_id and d.event in ('dispute_upheld', 'dispute_rejected')
          and d.event_at >= a.since_at and d.event_at <= :as_of_at
    )
    union all
    select a.topic, a.alarm_id, (
        select min(s.event_at) from feedback_event as s
        where s.alarm_id = a.alarm_id and s.event = 'submitted' and s.event_at > a.since_at and s.event_at <= :as_of_at
    ) as since_at
    from asked as a
    where a.topic = 'answer' and not exists (
        select 1 from feedback_event as d
        where d.alarm_id = a.alarm_id and d.event in ('accepted', 'dispute_upheld')
          and d.event_at >= a.since_at and d.event_at <= :as_of_at
    )
)
select u.topic, u.alarm_id, u.since_at, a.unit_code, t.unit_name, a.county, a.point_name, a.source, a.is_simulated
from undecided as u
join alarm as a on a.alarm_id = u.alarm_id and a.revision = (
    select max(r.revision) from alarm as r where r.alarm_id = u.alarm_id and r.revised_at <= :as_of_at
)
join city as t on t.unit_code = a.unit_code
where u.since_at is not null
order by u.since_at, u.alarm_id
