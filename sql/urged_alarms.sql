-- Grain: one 督办 of one alarm: a reminder that was released or still may be.
-- Parameters: before_date (Beijing date): only windows that ended before it, so that a re-run does not count itself.
-- Reads: letter, letter_alarm.
select u.alarm_id, l.letter_key, l.city_code, l.as_of as urged_at
from letter_alarm as u
join letter as l on l.letter_id = u.letter_id
where u.is_urged
  and l.kind = 'reminder'
  and l.state in ('drafted', 'awaiting_approval', 'released')
  and l.period_end < :before_date
order by l.as_of, u.alarm_id
