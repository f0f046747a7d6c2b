-- Grain: one row in quarantine whose hash is named in wanted_key.
-- Parameters: source.
-- Reads: wanted_key (temporary), quarantine.
select q.kind, q.row_hash
from wanted_key as w
cross join quarantine as q
where q.row_hash = w.key_text and q.source = :source
