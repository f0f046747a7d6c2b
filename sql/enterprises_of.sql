-- Grain: one key enterprise of one source, as last imported, of those asked for.
-- Parameters: enterprise_ids (words).
-- Reads: enterprise.
select source, enterprise_id, name, industry, lon, lat
from enterprise
where enterprise_id in :enterprise_ids
order by source, enterprise_id
