-- Grain: one fault: `series`, `year`, `fault` (Chinese). No rows: every series runs 1, 2, 3 … and agrees with the letters.
-- Parameters: none.
-- Reads: letter_number, letter.
-- What must not be in the register of letter numbers.
select
    series,
    year,
    '共 ' || count(*) || ' 个号，最大号为 ' || max(seq) || '，有跳号' as fault
from letter_number
group by series, year
having count(*) <> max(seq) or min(seq) <> 1
union all
select
    letter_number.series,
    letter_number.year,
    letter_number.number || ' 登记于函件 ' || letter.letter_key || '，但该函件上的文号是 ' || coalesce(letter.number, '空') as fault
from letter_number
join letter on letter.letter_id = letter_number.letter_id
where letter_number.void_reason is null
  and (letter.number is null or letter.number <> letter_number.number)
union all
select
    letter.kind as series,
    letter.period_year as year,
    letter.number || ' 印在函件 ' || letter.letter_key || ' 上，但登记簿中没有' as fault
from (
    select kind, number, letter_key, cast(substr(cast(issued_on as varchar(10)), 1, 4) as integer) as period_year
    from letter
    where number is not null
) as letter
where not exists (select 1 from letter_number where letter_number.number = letter.number and letter_number.void_reason is null)
order by series, year, fault
