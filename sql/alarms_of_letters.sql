-- Grain: one alarm that a letter names, with its first push; is_asked (1 or 0): no answer stood at the letter's as-of.
-- Parameters: letter_ids (of letters). Reads: letter, letter_alarm, alarm, feedback_event.
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
from letter_alarm as n
join letter as l on l.letter_id = n.letter_id
join alarm as a on a.alarm_id = n.alarm_id and a.revision = 1
where n.letter_id in :letter_ids and l.state = 'released'
order by n.letter_id, n.alarm_id
