-- Grain: one city whose last `letters` notices all went unheard: bounced, or without any step of the city since.
-- Parameters: letters (how many in a row), before_date (only windows that ended before it), as_of_at (instant),
-- asking_kinds (the kinds of letters that ask for an answer: notices).
-- Reads: city, letter, letter_alarm, delivery, feedback_event. Only released notices that named an alarm without an answer
-- count, and no 更正 of one. They are looked up one by one, the latest first: ten years of letters cost what a month of them does.
with recursive asking (city_code, place, letter_id) as (
    select city_code, 0, cast(0 as bigint)
    from city
    union all
    select
        a.city_code, a.place + 1,
        (
            select x.letter_id
            from letter as x
            where x.city_code = a.city_code and x.kind in :asking_kinds and x.state = 'released' and x.revision = 1
              and (x.period_end, x.letter_id)
                  < (coalesce((select y.period_end from letter as y where y.letter_id = a.letter_id), :before_date), a.letter_id)
              and exists (
                  select 1
                  from letter_alarm as n
                  where n.letter_id = x.letter_id
                    and not exists (
                        select 1
                        from feedback_event as e
                        where e.alarm_id = n.alarm_id and e.event = 'submitted' and e.event_at <= x.as_of
                    )
              )
            order by x.period_end desc, x.letter_id desc
            limit 1
        )
    from asking as a
    where a.place < :letters and a.letter_id is not null
),
asked as (
    select a.city_code, a.letter_id, (select y.as_of from letter as y where y.letter_id = a.letter_id) as as_of_at
    from asking as a
    where a.letter_id > 0
),
heard as (
    select a.city_code,
           case
               when (
                   select sum(case when d.state = 'refused' then 1 else 0 end)
                   from delivery as d
                   where d.letter_id = a.letter_id and d.is_rehearsal = false and d.header = 'to'
               ) > 0 then 0
               when exists (
                   select 1
                   from letter_alarm as n
                   join feedback_event as e on e.alarm_id = n.alarm_id
                   where n.letter_id = a.letter_id
                     and e.event in ('acknowledged', 'submitted', 'disputed')
                     and e.event_at > a.as_of_at and e.event_at <= :as_of_at
               ) then 1
               else 0
           end as is_heard
    from asked as a
)
select city_code
from heard
group by city_code
having count(*) = :letters and sum(is_heard) = 0
order by city_code
