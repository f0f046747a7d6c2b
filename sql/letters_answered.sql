-- Grain: one letter that a form may answer, and one alarm that it names.
-- Parameters: letter_key.
-- Reads: letter, letter_alarm.
select l.letter_key, l.unit_code, l.is_simulated, a.alarm_id
from letter as l
join letter_alarm as a on a.letter_id = l.letter_id
where l.letter_key = :letter_key
