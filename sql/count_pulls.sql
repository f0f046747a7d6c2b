-- Grain: one source: rows_read since a moment, last_at (the end of its last pull that ended by then or later).
-- Parameters: since (instant).
-- Reads: pull.
-- For monitors; no figure reads it.
select
    source,
    sum(case when finished_at >= :since then rows_read else 0 end) as rows_read,
    max(finished_at) as last_at
from pull
group by source
order by source
