-- Grain: one unit that belongs to a key region on on_date, as it is called on that date.
-- Parameters: on_date (date of the office).
-- Reads: city, region_member, unit, installation. The province is the unit above; where that is this office, the unit stands for it.
select
    c.unit_code,
    coalesce(u.name, c.unit_name) as unit_name,
    coalesce(u.bureau, c.unit_name) as bureau,
    coalesce(u.address_form, '') as address_form,
    coalesce(above.unit_code, c.unit_code) as province_code,
    coalesce(above.name, u.name, c.unit_name) as province_name,
    coalesce(above.bureau, '') as upper_bureau,
    m.region
from city as c
join region_member as m on m.unit_code = c.unit_code
left join unit as u
    on u.unit_code = c.unit_code and u.valid_from <= :on_date and (u.valid_to is null or u.valid_to > :on_date)
left join unit as above
    on above.unit_code = u.reports_to and above.valid_from <= :on_date
    and (above.valid_to is null or above.valid_to > :on_date)
    and above.unit_code not in (select i.own_unit from installation as i)
where m.valid_from <= :on_date and (m.valid_to is null or m.valid_to > :on_date)
order by c.unit_code
