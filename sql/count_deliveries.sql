-- Grain: one state of deliveries: state, deliveries (changed since a moment; of the queued all), oldest_due_at (of the queued that are due).
-- Parameters: since, now (instants).
-- Reads: delivery.
-- For monitors; no figure reads it.
select
    state,
    count(*) as deliveries,
    min(case when state = 'queued' and next_attempt_at <= :now then next_attempt_at end) as oldest_due_at
from delivery
where updated_at >= :since or state = 'queued'
group by state
order by state
