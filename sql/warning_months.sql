-- Grain: one month whose warning grids are kept.
-- Reads: warning_month.
select month, grids, valid_grids, is_simulated, readings_sha256
from warning_month
order by month
