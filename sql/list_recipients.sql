-- Grain: one recipient of one copy of a letter, with the server's words and its mail in the archive.
-- Parameters: letter_id.
-- Reads: delivery.
select
    delivery_id, copy_no, is_rehearsal, header, address, name, state, state_reason, attempts, smtp_code, smtp_text,
    message_id, next_attempt_at, expires_at, updated_at
from delivery
where letter_id = :letter_id
order by is_rehearsal, copy_no desc, header desc, address
