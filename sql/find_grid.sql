-- Grain: one grid.
-- Parameters: grid_id.
-- Reads: grid, city.
select
    g.grid_id, g.unit_code, c.unit_name, g.county, g.name, g.west, g.south, g.east, g.north, g.is_hot, g.is_monitored,
    g.is_simulated
from grid as g
join city as c on c.unit_code = g.unit_code
where g.grid_id = :grid_id
