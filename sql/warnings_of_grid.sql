-- Grain: one month and reason for which a grid was a warning grid (rank 1) or near it; the month was over.
-- Parameters: grid_id, before_date (months that begin before it).
-- Reads: warning_rank.
select month, unit_code, grid_id, reason, rank, pm25_ug_m3, yoy_pct, pop_pct
from warning_rank
where grid_id = :grid_id and month < :before_date
order by month desc, reason, rank
