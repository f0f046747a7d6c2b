-- Grain: one unit that began by on_date, as it was called last by then: also one that has ended.
-- Parameters: on_date (date of the office).
-- Reads: unit.
select u.unit_code, u.name, u.bureau, u.kind, u.address_form
from unit as u
where u.valid_from = (
    select max(n.valid_from) from unit as n where n.unit_code = u.unit_code and n.valid_from <= :on_date
)
order by u.unit_code
