-- Grain: one city: its last letter whose window ended on on_date or before.
-- Parameters: on_date (Beijing date).
-- Reads: letter, delivery. Of several letters of one day the 督办函 comes first. in_trouble, under_way, sent: recipients.
with ranked as (
    select
        l.letter_id, l.city_code, l.kind, l.period_end, l.number, l.state,
        row_number() over (
            partition by l.city_code
            order by l.period_end desc, case l.kind when 'reminder' then 1 else 2 end, l.revision desc, l.letter_id desc
        ) as place
    from letter as l
    where l.city_code is not null and l.period_end <= :on_date
)
select
    r.letter_id, r.city_code, r.kind, r.period_end, r.number, r.state,
    coalesce(sum(case when d.state = 'unknown' then 1 else 0 end), 0) as unknown,
    coalesce(sum(case when d.state in ('refused', 'expired') then 1 else 0 end), 0) as refused,
    coalesce(sum(case when d.state in ('queued', 'sending') then 1 else 0 end), 0) as under_way,
    coalesce(sum(case when d.state = 'sent' then 1 else 0 end), 0) as sent
from ranked as r
left join delivery as d on d.letter_id = r.letter_id and not d.is_rehearsal
where r.place = 1
group by r.letter_id, r.city_code, r.kind, r.period_end, r.number, r.state
order by r.city_code
