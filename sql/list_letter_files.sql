-- Grain: one file of a letter.
-- Parameters: letter_id.
-- Reads: letter_file.
select role, file_name, size_bytes, sha256
from letter_file
where letter_id = :letter_id
order by role
