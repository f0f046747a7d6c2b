-- Grain: one letter, with the number of its recipients in each state (rehearsals and withdrawn copies are not counted).
-- Parameters: on_date (the day the letters go out: their period_end).
-- Reads: letter, city, delivery.
-- What became of the letters that were due on a day.
select
    letter.letter_id,
    letter.letter_key,
    letter.kind,
    coalesce(city.unit_name, (select min(p.province_name) from city as p where p.province_code = letter.addressee), letter.addressee) as addressee_name,
    letter.subject,
    letter.number,
    letter.state,
    letter.state_reason,
    sum(case when delivery.state = 'queued' then 1 else 0 end) as queued,
    sum(case when delivery.state = 'sending' then 1 else 0 end) as sending,
    sum(case when delivery.state = 'sent' then 1 else 0 end) as sent,
    sum(case when delivery.state = 'refused' then 1 else 0 end) as refused,
    sum(case when delivery.state = 'unknown' then 1 else 0 end) as unknown,
    sum(case when delivery.state = 'expired' then 1 else 0 end) as expired
from letter
left join city on city.unit_code = letter.unit_code
left join delivery
    on delivery.letter_id = letter.letter_id
    and not delivery.is_rehearsal
    and delivery.state <> 'withdrawn'
where letter.period_end = :on_date
group by
    letter.letter_id, letter.letter_key, letter.kind, city.unit_name, letter.addressee, letter.subject, letter.number,
    letter.state, letter.state_reason
order by letter.kind, letter.addressee
