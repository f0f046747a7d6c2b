-- Grain: one contact and stay.
-- Parameters: none.
-- Reads: contact.
select
    contact_id, region_code, role, name, address, phone, valid_from, valid_to, is_simulated, source, fixed_at, fixed_by,
    replaced_by_id
from contact
order by contact_id
