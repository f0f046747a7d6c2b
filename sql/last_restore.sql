-- Grain: one row: when the store was last declared restored from a backup; empty when it never was.
-- Parameters: none.
-- Reads: audit.
select max(at) as restored_at
from audit
where subject = 'run' and subject_id = 'restore'
