-- Grain: one row in quarantine, in whatever state, that told of a time after its receipt.
-- Parameters: source, kind, reasons (a list: how such rows are named).
-- Reads: quarantine.
select q.row_hash, q.received_at
from quarantine as q
where q.source = :source
  and q.kind = :kind
  and q.reason in :reasons
