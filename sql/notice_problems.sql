-- Grain: one revision of a problem that was not noticed yet.
-- Parameters: noticed_at, since_at (of received_at: what was learnt before is noticed).
-- Reads: problem. Writes: told_change.
insert into told_change (kind, record_id, event, event_at, revision, noticed_at)
select 'problem', p.problem_id, '', p.found_at, p.revision, :noticed_at
from problem as p
where p.received_at >= :since_at
  and not exists (
    select 1 from told_change as c
    where c.kind = 'problem' and c.record_id = p.problem_id and c.event = '' and c.event_at = p.found_at and c.revision = p.revision
  )
order by p.received_at, p.problem_id, p.revision
