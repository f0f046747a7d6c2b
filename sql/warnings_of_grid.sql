-- Grain: one month and reason for which a grid was a warning grid (rank 1) or near it.
-- Parameters: grid_id.
-- Reads: warning_rank.
select month, reason, rank, pm25_ug_m3, yoy_pct, pop_pct
from warning_rank
where grid_id = :grid_id
order by month desc, reason, rank
