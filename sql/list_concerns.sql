-- Grain: one concern, the oldest first: topic, letter_id (0: none), subject_id, addressee_name, subject, address, reason, since_at, run_id, is_simulated.
--   unknown, refused, expired: a recipient; withheld, held, failed, approval, undecided: a letter; archive: a recipient whose mail
--   cannot be read, or (letter_id 0) the archive; server: a mail server that could not be used and that has taken no mail since.
-- Parameters: drafted_before, trouble_after (instants), archive_reason (a pattern of delivery.state_reason).
-- Reads: delivery, letter, city, audit.
-- What waits for a person.
select
    delivery.state as topic,
    letter.letter_id,
    letter.letter_key as subject_id,
    coalesce(city.unit_name, (select min(p.province_name) from city as p where p.province_code = letter.addressee), letter.addressee) as addressee_name,
    letter.subject,
    delivery.address,
    delivery.state_reason as reason,
    delivery.updated_at as since_at,
    letter.run_id,
    letter.is_simulated
from delivery
join letter on letter.letter_id = delivery.letter_id
left join city on city.unit_code = letter.unit_code
where delivery.state in ('unknown', 'refused', 'expired')
union all
select
    'archive' as topic,
    letter.letter_id,
    letter.letter_key as subject_id,
    coalesce(city.unit_name, (select min(p.province_name) from city as p where p.province_code = letter.addressee), letter.addressee) as addressee_name,
    letter.subject,
    delivery.address,
    delivery.state_reason as reason,
    delivery.updated_at as since_at,
    letter.run_id,
    letter.is_simulated
from delivery
join letter on letter.letter_id = delivery.letter_id
left join city on city.unit_code = letter.unit_code
where delivery.state = 'queued' and delivery.state_reason like :archive_reason
union all
select
    case
        when letter.state = 'withheld' and letter.is_stuck then 'withheld'
        when letter.state = 'withheld' then 'held'
        when letter.is_stuck then 'failed'
        when letter.state = 'awaiting_approval' then 'approval'
        else 'undecided'
    end as topic,
    letter.letter_id,
    letter.letter_key as subject_id,
    coalesce(city.unit_name, (select min(p.province_name) from city as p where p.province_code = letter.addressee), letter.addressee) as addressee_name,
    letter.subject,
    '' as address,
    letter.state_reason as reason,
    letter.state_at as since_at,
    letter.run_id,
    letter.is_simulated
from letter
left join city on city.unit_code = letter.unit_code
where letter.state in ('drafted', 'awaiting_approval', 'withheld')
  and (
      letter.is_stuck
      or letter.state = 'awaiting_approval'
      or (letter.state = 'withheld' and letter.held_by is not null)
      or (letter.state = 'drafted' and letter.state_at <= :drafted_before)
  )
union all
select
    trouble.subject as topic,
    0 as letter_id,
    trouble.subject_id,
    '' as addressee_name,
    '' as subject,
    '' as address,
    trouble.reason,
    trouble.at as since_at,
    null as run_id,
    false as is_simulated
from audit as trouble
where trouble.subject in ('server', 'archive')
  and trouble.action = 'unusable'
  and trouble.at > :trouble_after
  and trouble.audit_id = (select max(latest.audit_id) from audit as latest where latest.subject = trouble.subject)
  and not exists (select 1 from delivery where delivery.state = 'sent' and delivery.updated_at > trouble.at)
order by since_at, subject_id, address
