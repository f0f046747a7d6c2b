-- Grain: one recipient of one copy of a letter.
-- Parameters: letter_id.
-- Reads: delivery.
select copy_no, is_rehearsal, header, address, name, state, attempts, smtp_code, state_reason, updated_at
from delivery
where letter_id = :letter_id
order by is_rehearsal, copy_no, header desc, address
