-- Grain: one letter that waits for its signature, with what it names and what the last letter of its kind to that addressee named
--   (named_before is null where none left): run_id, name, subject, revision, named, urged, named_before, urged_before, warnings.
-- Parameters: none.
-- Reads: letter, letter_alarm, audit, city. The list of states is that of the index of open letters.
with waiting as (
    select l.*, (
        select max(p.letter_id) from letter as p
        where p.kind = l.kind and p.addressee = l.addressee and p.state = 'released' and p.end_at < l.end_at
          and p.end_at = (
              select max(q.end_at) from letter as q
              where q.kind = l.kind and q.addressee = l.addressee and q.state = 'released' and q.end_at < l.end_at
          )
    ) as before_id
    from letter as l
    where l.state in ('drafted', 'awaiting_approval', 'withheld') and l.state = 'awaiting_approval'
)
select
    w.letter_id, w.kind, w.addressee, coalesce(c.unit_name, w.addressee) as addressee_name, w.unit_code, w.subject, w.revision, w.run_id, w.start_at,
    w.end_at, w.state_at as since_at, w.is_simulated,
    (select count(*) from letter_alarm as n where n.letter_id = w.letter_id) as named,
    (select count(*) from letter_alarm as n where n.letter_id = w.letter_id and n.is_urged) as urged,
    case when w.before_id is not null then (select count(*) from letter_alarm as n where n.letter_id = w.before_id) end as named_before,
    case when w.before_id is not null then (select count(*) from letter_alarm as n where n.letter_id = w.before_id and n.is_urged) end as urged_before,
    (
        select count(*) from audit as a
        where a.subject = 'letter' and a.subject_id = w.letter_key and a.action = 'warn' and a.at >= w.composed_at
    ) as warnings
from waiting as w
left join city as c on c.unit_code = w.unit_code
order by w.end_at, w.run_id, w.kind, w.addressee, w.letter_id
