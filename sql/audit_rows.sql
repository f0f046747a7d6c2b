-- Grain: one change in the audit trail, the newest first, with the letter that it is about (or whose delivery it is about) and the unit.
-- Parameters: from_at, to_at (instants, the end exclusive), actor, subject, action, kind (of letter; null for any), is_signed (1: what a
--   person decided of a letter alone, not what left or was held by rule), pattern (lower case, of reason, subject_id or 发文字号; null
--   for any; `!` escapes), most (rows), skip (rows).
-- Reads: audit, letter, letter_number, delivery, city. The number is the one that the letter had at that moment, or its present one before it had any.
-- A release by rule goes on from the draft, and its reason does not begin with a name.
with changes as (
    select x.* from audit as x
    where x.at >= :from_at and x.at < :to_at
      and (cast(:actor as varchar) is null or x.actor = :actor)
      and (cast(:subject as varchar) is null or x.subject = :subject)
      and (cast(:action as varchar) is null or x.action = :action)
      and (
          :is_signed = 0
          or x.subject = 'letter' and x.action in ('release', 'reject') and x.actor not like 'dag %'
          and (x.from_state <> 'drafted' or substr(x.reason, 1, length(x.actor)) = x.actor)
      )
      and (
          cast(:kind as varchar) is null
          or x.subject = 'letter' and x.subject_id in (select k.letter_key from letter as k where k.kind = :kind)
      )
      and (
          cast(:pattern as varchar) is null
          or lower(x.reason) like :pattern escape '!' or lower(x.subject_id) like :pattern escape '!'
          or x.subject = 'letter' and x.subject_id in (
              select k.letter_key from letter_number as n join letter as k on k.letter_id = n.letter_id
              where lower(n.number) like :pattern escape '!'
          )
      )
    order by x.at desc, x.audit_id desc
    limit :most offset :skip
),
named as (
    select a.*,
        case
            when a.subject = 'letter' then (select l.letter_id from letter as l where l.letter_key = a.subject_id)
            when a.subject = 'delivery' then (select d.letter_id from delivery as d where d.delivery_id = cast(a.subject_id as bigint))
        end as letter_id
    from changes as a
)
select
    a.audit_id, a.at as changed_at, a.actor, a.subject, a.subject_id, a.action, a.from_state, a.to_state, a.reason,
    a.letter_id, l.kind, coalesce(c.unit_name, l.addressee, '') as addressee_name, coalesce(l.is_simulated, false) as is_simulated,
    coalesce((
        select n.number from letter_number as n
        where n.letter_id = a.letter_id and n.allocated_at <= a.at
        order by n.allocated_at desc, n.year desc, n.seq desc limit 1
    ), l.number) as number
from named as a
left join letter as l on l.letter_id = a.letter_id
left join city as c on c.unit_code = coalesce(l.unit_code, case when a.subject = 'unit' then a.subject_id end)
order by a.at desc, a.audit_id desc
