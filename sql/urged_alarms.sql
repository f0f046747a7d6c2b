-- Grain: one 督办函 that left and urged one alarm, of the alarms that sql/alarm_states.sql reads with with_old = 1.
-- Parameters: start_at, end_at, as_of_at (instants) as there; before_at: only letters that left before it, so that no run depends on
--   what leaves on its own day; urging_kinds: the kinds of letters that urge. left_at: when the first of its recipients got it, or may have got it.
-- Reads: alarm, lingering_alarm, letter_alarm, letter, delivery, audit. Left is what was sent or is unknown to an addressee (To); a later
-- bounce does not undo it. Drafts, what waits, is withheld, refused or expired, and rehearsals count for nothing.
with wanted as (
    select distinct alarm_id
    from alarm
    where pushed_at >= :start_at and pushed_at < :end_at and pushed_at <= :as_of_at
    union
    select alarm_id
    from lingering_alarm
    where open_until_at is null and pushed_at < :start_at
    union
    select alarm_id
    from lingering_alarm
    where open_until_at > :as_of_at and pushed_at < :start_at
),
told as (
    select u.alarm_id, l.letter_key, l.unit_code, d.delivery_id, d.state
    from wanted as w
    join letter_alarm as u on u.alarm_id = w.alarm_id
    join letter as l on l.letter_id = u.letter_id
    join delivery as d on d.letter_id = l.letter_id
    where u.is_urged and l.kind in :urging_kinds and l.state = 'released' and d.header = 'to' and not d.is_rehearsal
),
moved as (
    select
        m.delivery_id, m.state,
        min(case when a.to_state = 'sent' and a.action <> 'resolve_arrived' then a.at end) as sent_at,
        min(case when a.to_state = 'unknown' then a.at end) as unknown_at,
        max(case when a.action = 'resolve_arrived' then 1 else 0 end) as has_arrived
    from (select distinct delivery_id, state from told) as m
    join audit as a on a.subject = 'delivery' and a.subject_id = cast(m.delivery_id as varchar(255))
    group by m.delivery_id, m.state
),
gone as (
    select delivery_id, coalesce(sent_at, case when state = 'unknown' or has_arrived = 1 then unknown_at end) as gone_at
    from moved
)
select t.alarm_id, t.letter_key, t.unit_code, min(g.gone_at) as left_at
from told as t
join gone as g on g.delivery_id = t.delivery_id
where g.gone_at < :before_at
group by t.alarm_id, t.letter_key, t.unit_code
order by left_at, t.letter_key, t.alarm_id
