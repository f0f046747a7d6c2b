-- Grain: one letter with how many of its recipients are in which state.
-- Parameters: on_date (its period_end; null for any), state (null for any), most (rows).
-- Reads: letter, city, delivery. Newest windows first.
select
    l.letter_id, l.kind, coalesce(c.unit_name, (select min(p.province_name) from city as p where p.province_code = l.addressee), l.addressee) as addressee, l.period_start, l.period_end, l.start_at, l.end_at, l.revision,
    l.number, l.state,
    sum(case when d.state = 'sent' then 1 else 0 end) as sent,
    sum(case when d.state in ('queued', 'sending') then 1 else 0 end) as under_way,
    sum(case when d.state in ('refused', 'unknown', 'expired') then 1 else 0 end) as in_trouble,
    l.state_reason, l.is_simulated
from letter as l
left join city as c on c.unit_code = l.unit_code
left join delivery as d on d.letter_id = l.letter_id and d.is_rehearsal = false
where (cast(:on_date as date) is null or l.period_end = :on_date)
  and (cast(:state as varchar) is null or l.state = :state)
group by
    l.letter_id, l.kind, c.unit_name, l.addressee, l.period_start, l.period_end, l.start_at, l.end_at, l.revision, l.number, l.state,
    l.state_reason, l.is_simulated
order by l.period_end desc, l.end_at desc, l.kind, l.addressee, l.revision
limit :most
