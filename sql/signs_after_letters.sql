-- Grain: one sign of life about one letter: a step of its unit on an alarm that the letter names, or a form or reply by mail that refers to it.
-- Parameters: letter_ids (of letters); as_of_at (instant): nothing later is seen. Nothing of before the letter's own as-of is there.
-- Reads: letter, letter_alarm, feedback_event, mail. event: acknowledged, submitted, disputed, or mail (alarm_id is null). What the office
--   itself does (returned, accepted, …) is no sign of its unit, and an automatic reply is none.
select n.letter_id, n.alarm_id, e.event, e.event_at
from letter_alarm as n
join letter as l on l.letter_id = n.letter_id
join feedback_event as e on e.alarm_id = n.alarm_id and coalesce(e.event_at, l.as_of) >= l.as_of and e.event_at <= :as_of_at
where e.event in ('acknowledged', 'submitted', 'disputed') and n.letter_id in :letter_ids
union all
select l.letter_id, null, 'mail', w.received_at
from letter as l
join mail as w on w.letter_id = l.letter_id
where l.letter_id in :letter_ids and w.kind in ('answer', 'reply') and w.authenticity <> 'fail'
  and w.received_at >= l.as_of and w.received_at <= :as_of_at
order by 1, 4
