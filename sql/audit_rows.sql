-- Grain: one change in the audit trail, the newest first.
-- Parameters: from_at, to_at (instants, the end exclusive), actor, subject, action (null for any), pattern (lower case, of reason or
--   subject_id; null for any; `!` escapes), most (rows), skip (rows).
-- Reads: audit, letter (what a letter's key is called), delivery.
select
    a.audit_id, a.at as changed_at, a.actor, a.subject, a.subject_id, a.action, a.from_state, a.to_state, a.reason,
    case
        when a.subject = 'letter' then (select l.letter_id from letter as l where l.letter_key = a.subject_id)
        when a.subject = 'delivery' then (select d.letter_id from delivery as d where d.delivery_id = cast(a.subject_id as bigint))
    end as letter_id
from (
    select * from audit as x
    where x.at >= :from_at and x.at < :to_at
      and (cast(:actor as varchar) is null or x.actor = :actor)
      and (cast(:subject as varchar) is null or x.subject = :subject)
      and (cast(:action as varchar) is null or x.action = :action)
      and (
          cast(:pattern as varchar) is null
          or lower(x.reason) like :pattern escape '!' or lower(x.subject_id) like :pattern escape '!'
      )
    order by x.at desc, x.audit_id desc
    limit :most offset :skip
) as a
order by a.at desc, a.audit_id desc
