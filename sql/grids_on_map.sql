-- Grain: one grid, as last told by its source.
-- Parameters: none.
-- Reads: grid.
select grid_id, unit_code, county, name, west, south, east, north, is_hot, is_monitored, is_simulated
from grid
order by grid_id
