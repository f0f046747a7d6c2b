-- Grain: one key enterprise of one source, as last imported, inside a rectangle: where it is.
-- Parameters: west, east, south, north (degrees).
-- Reads: enterprise.
select source, enterprise_id, lon, lat
from enterprise
where lat between :south and :north and lon between :west and :east
order by source, enterprise_id
