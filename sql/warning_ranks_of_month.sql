-- Grain: one grid among the worst of its city for one reason, in one month.
-- Parameters: month (first day).
-- Reads: warning_rank.
select unit_code, reason, grid_id, rank, pm25_ug_m3, yoy_pct, pop_pct
from warning_rank
where month = :month
order by unit_code, reason, rank, grid_id
