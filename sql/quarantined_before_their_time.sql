-- Grain: one row in quarantine, in whatever state, that may have told of a time after its receipt (the caller compares).
-- Parameters: source, kind, reasons (a list: how such rows are named).
-- Reads: quarantine, audit. A row that a person corrected may stand there for another reason by now: it counts as well.
select q.row_hash, q.received_at
from quarantine as q
where q.source = :source
  and q.kind = :kind
  and (
    q.reason in :reasons
    or exists (
        select 1
        from audit as a
        where a.subject = 'quarantine' and a.subject_id = cast(q.quarantine_id as varchar(255)) and a.action = 'correct'
    )
  )
