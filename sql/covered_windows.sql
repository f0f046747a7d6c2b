-- Grain: one pull of a source that covered a part of [start_at, end_at).
-- Parameters: source, start_at, end_at (instants); fingerprint: only pulls of this state of the source, '' for any.
-- Reads: pull.
select start_at, end_at
from pull
where source = :source and start_at < :end_at and end_at > :start_at and start_at < end_at
  and (:fingerprint = '' or fingerprint = :fingerprint)
order by start_at, end_at
