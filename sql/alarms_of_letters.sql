-- Grain: one alarm that a letter names, with its first push.
-- Parameters: as sql/letters_that_left.sql without the moment. Reads: letter, letter_alarm, alarm.
select n.letter_id, n.alarm_id, a.pushed_at
from letter as l
join letter_alarm as n on n.letter_id = l.letter_id
join alarm as a on a.alarm_id = n.alarm_id and a.revision = 1
where l.state = 'released'
  and l.letter_id >= :first_id and l.letter_id <= :last_id
  and (cast(:unit_code as varchar) is null or l.unit_code = :unit_code)
  and (cast(:kind as varchar) is null or l.kind = :kind)
  and l.period_end > :from_date
  and l.period_start <= :to_date
order by n.letter_id, n.alarm_id
