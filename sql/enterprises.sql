-- Grain: one key enterprise of one source, as last imported.
-- Parameters: none.
-- Reads: enterprise, city.
select e.source, e.enterprise_id, e.name, e.industry, e.unit_code, c.unit_name, e.county, e.lon, e.lat, e.lines, e.is_simulated
from enterprise as e
join city as c on c.unit_code = e.unit_code
order by e.source, e.enterprise_id
