-- Grain: one letter of a unit that left and names alarms: the first edition of it, or, by its letter_id, whichever it is.
-- Parameters: letter_id, kind (null for any); from_date (its window ends after that day), to_date (its window begins by that day),
--   until_date (no window of theirs ends later: they are found by their ends); as_of_at (instant): what left later is not there.
-- Reads: letter, letter_alarm, delivery, audit. left_at: when the first of its addressees (To) got it. Rehearsals count for nothing.
with near as materialized (
    select letter_id from letter where period_end > :from_date and period_end <= :until_date
)
select *
from (
    select
        l.letter_id, l.kind, l.unit_code, l.as_of as as_of_at, l.is_simulated,
        (
            select min(a.at)
            from delivery as d
            join audit as a on a.subject = 'delivery' and a.subject_id = cast(d.delivery_id as varchar(255)) and a.to_state = 'sent'
            where d.letter_id = l.letter_id and d.header = 'to' and not d.is_rehearsal
        ) as left_at
    from near
    join letter as l on l.letter_id = near.letter_id
    where l.period_start <= :to_date and l.state = 'released' and l.unit_code is not null
      and (cast(:letter_id as bigint) is not null or l.revision = 1)
      and (cast(:letter_id as bigint) is null or l.letter_id = :letter_id)
      and (cast(:kind as varchar) is null or l.kind = :kind)
      and exists (select 1 from letter_alarm as n where n.letter_id = l.letter_id)
) as named
where left_at <= :as_of_at
order by letter_id
