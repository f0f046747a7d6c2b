-- Grain: one alarm that a push of an earlier window named, with the end of the last such window.
-- Parameters: since_date (Beijing date, of the first window's end), end_at (instant: windows that ended before it), push_kinds.
-- Reads: letter, letter_alarm. A draft tells nobody; one that was withheld or rejected was before a person, who decides about it.
-- (|| '': the days find the letters, not their kinds, of which an index would read all years.)
select n.alarm_id, max(l.end_at) as told_at
from letter as l
cross join letter_alarm as n
where n.letter_id = l.letter_id and l.period_end >= :since_date and (l.kind || '') in :push_kinds and l.end_at < :end_at and l.state <> 'drafted'
group by n.alarm_id
order by n.alarm_id
