-- Grain: one unit that holds on on_date.
-- Parameters: on_date (date of the office).
-- Reads: unit, region_member.
select
    u.unit_code, u.name, u.bureau, u.kind, u.place_code, u.reports_to, u.address_form, u.is_addressed, u.valid_from, u.valid_to,
    u.fixed_by,
    (
        select min(m.region) from region_member as m
        where m.unit_code = u.unit_code and m.valid_from <= :on_date and (m.valid_to is null or m.valid_to > :on_date)
    ) as region
from unit as u
where u.valid_from <= :on_date and (u.valid_to is null or u.valid_to > :on_date)
order by u.unit_code
