-- Grain: one file of a letter, or the mail of one of its deliveries.
-- Parameters: none.
-- Reads: letter, letter_file, delivery.
select
    letter.letter_key,
    letter_file.file_name,
    letter_file.sha256
from letter_file
inner join letter on letter_file.letter_id = letter.letter_id
union
select
    letter.letter_key,
    'mail' as file_name,
    delivery.eml_sha256 as sha256
from delivery
inner join letter on delivery.letter_id = letter.letter_id
