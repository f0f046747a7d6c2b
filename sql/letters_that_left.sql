-- Grain: one letter of a unit that left and names alarms: the first edition of it, or, by its letter_id, whichever it is.
-- Parameters: letter_id, unit_code, kind (null for any); from_date (its window ends after that day), to_date (its window begins by that
--   day; null for any), as_of_at (instant): what left later is not there.
-- Reads: letter, letter_alarm, delivery, audit. left_at: when the first of its addressees (To) got it. Rehearsals count for nothing.
select l.letter_id, l.kind, l.unit_code, l.as_of as as_of_at, l.is_simulated, moved.left_at
from letter as l
join (
    select d.letter_id, min(a.at) as left_at
    from delivery as d
    join audit as a on a.subject = 'delivery' and a.subject_id = cast(d.delivery_id as varchar(255)) and a.to_state = 'sent'
    where d.header = 'to' and not d.is_rehearsal
      and (cast(:letter_id as bigint) is null or d.letter_id = :letter_id)
    group by d.letter_id
) as moved on moved.letter_id = l.letter_id
where l.state = 'released' and moved.left_at <= :as_of_at and l.unit_code is not null
  and (cast(:letter_id as bigint) is not null or l.revision = 1)
  and (cast(:letter_id as bigint) is null or l.letter_id = :letter_id)
  and (cast(:unit_code as varchar) is null or l.unit_code = :unit_code)
  and (cast(:kind as varchar) is null or l.kind = :kind)
  and (cast(:from_date as date) is null or l.period_end > :from_date)
  and (cast(:to_date as date) is null or l.period_start <= :to_date)
  and exists (select 1 from letter_alarm as n where n.letter_id = l.letter_id)
order by l.letter_id
