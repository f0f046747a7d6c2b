-- Grain: one key enterprise of one source, as last imported, inside a rectangle: where it is. In no order: to sort them means to look them
-- up one by one.
-- Parameters: west, east, south, north (degrees).
-- Reads: enterprise.
select enterprise_id, lon, lat
from enterprise
where lat between :south and :north and lon between :west and :east
