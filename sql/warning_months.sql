-- Grain: one month whose warning grids were set, in [start_date, end_date).
-- Parameters: start_date, end_date (Beijing dates).
-- Reads: warning_month.
select month, grids, valid_grids, is_simulated, set_at
from warning_month
where month >= :start_date and month < :end_date
order by month
