-- Grain: one 督办 of one alarm: a reminder that left, or that a person may still sign. A draft urges nobody: runs side by side (a
-- back-fill, which withholds) must not depend on which of them is ahead.
-- Parameters: since_date (Beijing date): alarms pushed on it or later, whose reminders all have later windows; before_date:
-- only windows that ended before it, so that a re-run does not count itself; urging_kinds: the kinds of letters that urge.
-- Reads: city, letter, letter_alarm. City by city, so that an index gives the letters of these days alone.
select u.alarm_id, l.letter_key, l.city_code, l.as_of as urged_at
from city as c
cross join letter as l
join letter_alarm as u on u.letter_id = l.letter_id
where u.is_urged
  and l.city_code = c.city_code
  and l.kind in :urging_kinds
  and l.state in ('awaiting_approval', 'released')
  and l.period_end > :since_date
  and l.period_end < :before_date
order by l.as_of, u.alarm_id
