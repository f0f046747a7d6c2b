-- Grain: one letter that left and would say otherwise by what was learnt since, with the differences in words (reason), the newest
--   comparison of it deciding; letter_id, letter_key, number, subject, reason, since_at, is_simulated.
-- Parameters: since_date (letters whose period_end is not before it).
-- Reads: letter, audit. A letter with a later revision is left out: a person saw to it.
select l.letter_id, l.letter_key, l.number, l.subject, p.reason, p.at as since_at, l.is_simulated
from letter as l
join audit as p on p.subject = 'letter' and p.subject_id = l.letter_key and p.action = 'propose'
where l.state = 'released' and l.period_end >= :since_date
  and p.audit_id = (
      select max(n.audit_id) from audit as n
      where n.subject = 'letter' and n.subject_id = l.letter_key and n.action in ('propose', 'unpropose')
  )
  and not exists (
      select 1
      from letter as n
      where n.kind = l.kind and n.addressee = l.addressee and n.period_kind = l.period_kind
        and n.start_at = l.start_at and n.end_at = l.end_at and n.revision > l.revision
  )
order by p.at, l.letter_id
