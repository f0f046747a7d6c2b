-- Grain: one city whose address a person must verify (核实地址): no sign of life since the oldest of its last `letters` 提示函 and
--   督办函 that left and named an unanswered alarm (no answer, or one sent back), or every To recipient of its latest letter is refused or bounced.
-- Parameters: letters (how many), before_date (only windows that ended before it), as_of_at (instant), asking_kinds
--   (the kinds of letters that ask for an answer: 提示函 and 督办函).
-- Reads: city, letter, letter_alarm, delivery, audit, feedback_event, alarm, mail. A sign of life is an acknowledgement, an answer or a
-- dispute of the city on any alarm, or a form or reply by mail from one of its contacts (an automatic reply is none), up to as_of_at. No 更正 counts. Letters are looked up one by one, the latest first: ten years of
-- them cost what a month does.
with recursive asking (unit_code, place, letter_id) as (
    select unit_code, 0, cast(0 as bigint)
    from city
    union all
    select
        a.unit_code, a.place + 1,
        (
            select x.letter_id
            from letter as x
            where x.unit_code = a.unit_code and x.kind in :asking_kinds and x.state = 'released' and x.revision = 1
              and (x.period_end, x.letter_id)
                  < (coalesce((select y.period_end from letter as y where y.letter_id = a.letter_id), :before_date), a.letter_id)
              and exists (
                  select 1
                  from delivery as d
                  where d.letter_id = x.letter_id and d.is_rehearsal = false and d.header = 'to'
                    and (d.state in ('sent', 'unknown') or exists (
                        select 1
                        from audit as s
                        where s.subject = 'delivery' and s.subject_id = cast(d.delivery_id as varchar(255)) and s.to_state = 'sent'
                    ))
              )
              and exists (
                  select 1
                  from letter_alarm as n
                  where n.letter_id = x.letter_id
                    and not exists (
                        select 1
                        from feedback_event as e
                        where e.alarm_id = n.alarm_id and e.event in ('submitted', 'accepted') and e.event_at <= x.as_of
                          and not exists (
                              select 1
                              from feedback_event as r
                              where r.alarm_id = e.alarm_id and r.event = 'returned' and r.event_at <= x.as_of
                                and (r.event_at > e.event_at or (r.event_at = e.event_at and e.event = 'submitted'))
                          )
                    )
              )
            order by x.period_end desc, x.letter_id desc
            limit 1
        )
    from asking as a
    where a.place < :letters and a.letter_id is not null
),
oldest as (
    select a.unit_code, min(y.as_of) as since_at
    from asking as a
    join letter as y on y.letter_id = a.letter_id
    group by a.unit_code
    having count(*) = :letters
),
latest as (
    select
        c.unit_code,
        (
            select x.letter_id
            from letter as x
            where x.unit_code = c.unit_code and x.kind in :asking_kinds and x.state = 'released' and x.revision = 1
              and x.period_end < :before_date
            order by x.period_end desc, x.letter_id desc
            limit 1
        ) as letter_id
    from city as c
)
select o.unit_code
from oldest as o
where not exists (
    select 1
    from feedback_event as e
    cross join alarm as a
    where a.alarm_id = e.alarm_id and a.unit_code = o.unit_code and e.event in ('acknowledged', 'submitted', 'disputed') and e.event_at > o.since_at and e.event_at <= :as_of_at
)
and not exists (
    select 1
    from mail as w
    where w.unit_code = o.unit_code and w.is_from_contact = true and w.kind in ('answer', 'reply') and w.authenticity <> 'fail'
      and w.received_at > o.since_at and w.received_at <= :as_of_at
)
union
select t.unit_code
from latest as t
join delivery as d on d.letter_id = t.letter_id and d.is_rehearsal = false and d.header = 'to' and d.state <> 'withdrawn'
group by t.unit_code
having sum(case when d.state in ('refused', 'bounced') then 0 else 1 end) = 0
order by 1
