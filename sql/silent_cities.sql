-- Grain: one city whose last `letters` notices all went unheard: bounced, or without any step of the city since.
-- Parameters: letters (how many in a row), before_date (only windows that ended before it), as_of_at (instant).
-- Reads: letter, letter_alarm, delivery, feedback_event. Only released notices that named an alarm without an answer count.
with asking as (
    select l.letter_id, l.city_code, l.as_of,
           row_number() over (partition by l.city_code order by l.period_end desc, l.letter_id desc) as place
    from letter as l
    where l.kind = 'notice' and l.state = 'released' and l.period_end < :before_date
      and exists (
          select 1
          from letter_alarm as n
          where n.letter_id = l.letter_id
            and not exists (
                select 1
                from feedback_event as e
                where e.alarm_id = n.alarm_id and e.event = 'submitted' and e.event_at <= l.as_of
            )
      )
),
heard as (
    select a.letter_id, a.city_code,
           case
               when exists (
                   select 1
                   from delivery as d
                   where d.letter_id = a.letter_id and d.is_rehearsal = false and d.header = 'to' and d.state = 'refused'
               ) then 0
               when exists (
                   select 1
                   from letter_alarm as n
                   join feedback_event as e on e.alarm_id = n.alarm_id
                   where n.letter_id = a.letter_id
                     and e.event in ('acknowledged', 'submitted', 'disputed')
                     and e.event_at > a.as_of and e.event_at <= :as_of_at
               ) then 1
               else 0
           end as is_heard
    from asking as a
    where a.place <= :letters
)
select city_code
from heard
group by city_code
having count(*) = :letters and sum(is_heard) = 0
order by city_code
