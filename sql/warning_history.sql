-- Grain: one grid among the worst of its city for one reason, in a month up to and with `month`.
-- Parameters: month (first day).
-- Reads: warning_rank.
select month, city_code, reason, grid_id, rank, pm25_ug_m3, yoy_pct, pop_pct
from warning_rank
where month <= :month
order by month, city_code, reason, rank, grid_id
