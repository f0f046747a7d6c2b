-- Grain: one contact and stay.
-- Parameters: none.
-- Reads: contact.
select region_code, role, address, valid_from, content_hash, source from contact
