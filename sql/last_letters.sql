-- Grain: one city: its last letter whose window ended on on_date or before.
-- Parameters: on_date (Beijing date); first_kinds, last_kinds: of several letters of one day the kinds that come before and after others.
-- Reads: city, letter, delivery. in_trouble, under_way, sent: recipients.
with latest as (
    select (
        select l.letter_id
        from letter as l
        where l.unit_code = c.unit_code and l.period_end <= :on_date
        order by l.period_end desc, case when l.kind in :first_kinds then 1 when l.kind in :last_kinds then 3 else 2 end, l.end_at desc, l.revision desc, l.letter_id desc
        limit 1
    ) as letter_id
    from city as c
)
select
    r.letter_id, r.unit_code, r.kind, r.start_at, r.end_at, r.period_end, r.number, r.state,
    coalesce(sum(case when d.state = 'unknown' then 1 else 0 end), 0) as unknown,
    coalesce(sum(case when d.state in ('refused', 'expired') then 1 else 0 end), 0) as refused,
    coalesce(sum(case when d.state in ('queued', 'sending') then 1 else 0 end), 0) as under_way,
    coalesce(sum(case when d.state = 'sent' then 1 else 0 end), 0) as sent
from latest
join letter as r on r.letter_id = latest.letter_id
left join delivery as d on d.letter_id = r.letter_id and not d.is_rehearsal
group by r.letter_id, r.unit_code, r.kind, r.start_at, r.end_at, r.period_end, r.number, r.state
order by r.unit_code
