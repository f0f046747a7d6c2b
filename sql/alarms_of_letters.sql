-- Grain: one alarm that a letter names, with its first push; is_asked (1 or 0): no answer stood at the letter's as-of.
-- Parameters: as sql/letters_that_left.sql without the moment. Reads: letter, letter_alarm, alarm, feedback_event.
select
    n.letter_id, n.alarm_id, a.pushed_at,
    case when exists (
        select 1
        from feedback_event as e
        where e.alarm_id = n.alarm_id and e.event in ('submitted', 'accepted') and e.event_at <= l.as_of
          and not exists (
              select 1
              from feedback_event as r
              where r.alarm_id = e.alarm_id and r.event = 'returned' and r.event_at <= l.as_of
                and (r.event_at > e.event_at or (r.event_at = e.event_at and e.event = 'submitted'))
          )
    ) then 0 else 1 end as is_asked
from letter as l
join letter_alarm as n on n.letter_id = l.letter_id
join alarm as a on a.alarm_id = n.alarm_id and a.revision = 1
where l.state = 'released'
  and (cast(:letter_id as bigint) is null or l.letter_id = :letter_id)
  and (cast(:unit_code as varchar) is null or l.unit_code = :unit_code)
  and (cast(:kind as varchar) is null or l.kind = :kind)
  and (cast(:from_date as date) is null or l.period_end > :from_date)
  and (cast(:to_date as date) is null or l.period_start <= :to_date)
order by n.letter_id, n.alarm_id
