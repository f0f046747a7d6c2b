-- Grain: one key enterprise of one source, as last imported: where it is.
-- Parameters: none.
-- Reads: enterprise.
select source, enterprise_id, lon, lat
from enterprise
order by source, enterprise_id
