-- Grain: one change of state of a letter or of one of its deliveries.
-- Parameters: letter_id, letter_key.
-- Reads: audit, delivery.
select a.at as changed_at, a.actor, a.subject, a.action, a.from_state, a.to_state, a.reason
from audit as a
where (a.subject = 'letter' and a.subject_id = :letter_key)
   or (a.subject = 'delivery' and a.subject_id in (
           select cast(d.delivery_id as varchar(20)) from delivery as d where d.letter_id = :letter_id
       ))
order by a.audit_id
