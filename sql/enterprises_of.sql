-- Grain: one key enterprise of one source, as last imported, of those asked for.
-- Parameters: enterprise_ids (words). The sources are named so that the key's index finds each number.
-- Reads: enterprise.
select source, enterprise_id, name, industry, lon, lat
from enterprise
where source in (select distinct source from enterprise) and enterprise_id in :enterprise_ids
order by source, enterprise_id
