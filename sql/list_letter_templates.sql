-- Grain: one template that the present files of a letter were made from.
-- Parameters: letter_id.
-- Reads: letter_template.
select name, sha256
from letter_template
where letter_id = :letter_id
order by name
