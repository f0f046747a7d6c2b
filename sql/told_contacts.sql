-- Grain: one contact as one source told it last; gone_at: since when it tells it no more and a person is asked about that.
-- Parameters: none.
-- Reads: contact_told.
select source, region_code, role, name, address, phone, valid_from, valid_to, is_simulated, gone_at
from contact_told
order by source, region_code, role, address, valid_from
