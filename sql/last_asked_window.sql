-- Grain: the end (exclusive) of the last window of which a letter that names alarms had left by a moment; no row where none had.
-- Parameters: kind (null for any), as_of_at (instant), before_date (windows that end later are left out).
-- Reads: letter, letter_alarm, delivery, audit. The latest windows are looked at first, and no more of them than are needed.
select l.period_end
from letter as l
where l.state = 'released' and l.revision = 1 and l.unit_code is not null and l.as_of <= :as_of_at
  and l.period_end <= :before_date
  and (cast(:kind as varchar) is null or l.kind = :kind)
  and exists (select 1 from letter_alarm as n where n.letter_id = l.letter_id)
  and exists (
      select 1
      from delivery as d
      join audit as a on a.subject = 'delivery' and a.subject_id = cast(d.delivery_id as varchar(255)) and a.to_state = 'sent'
      where d.letter_id = l.letter_id and d.header = 'to' and not d.is_rehearsal and a.at <= :as_of_at
  )
order by l.period_end desc
limit 1
