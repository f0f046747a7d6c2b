-- Grain: one place that holds on on_date.
-- Parameters: on_date (date of the office).
-- Reads: place.
select p.place_code, p.name, p.level, p.parent_code, p.aliases, p.name_en, p.valid_from, p.valid_to, p.fixed_by
from place as p
where p.valid_from <= :on_date and (p.valid_to is null or p.valid_to > :on_date)
order by p.place_code
