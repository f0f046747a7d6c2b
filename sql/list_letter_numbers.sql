-- Grain: one number ever given, by series and seq. void_reason is empty while the number stands.
-- Parameters: year (integer, of the issue date).
-- Reads: letter_number, letter, city.
-- The register of letter numbers (发文字号).
select
    letter_number.series,
    letter_number.year,
    letter_number.seq,
    letter_number.number,
    letter_number.allocated_at,
    letter.letter_key,
    coalesce(city.unit_name, letter.addressee) as addressee_name,
    letter.subject,
    letter.state,
    letter_number.void_reason
from letter_number
join letter on letter.letter_id = letter_number.letter_id
left join city on city.unit_code = letter.unit_code
where letter_number.year = :year
order by letter_number.series, letter_number.seq
