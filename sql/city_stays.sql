-- Grain: one stay of a unit in a key region that touches [start_date, end_date).
-- Parameters: start_date, end_date, last_date (dates of the office): the window, and its last day, on which units are called as told.
-- Reads: city, region_member, unit, installation. The province is the unit above; where that is this office, the unit stands for it.
select
    c.unit_code,
    coalesce(u.name, c.unit_name) as unit_name,
    coalesce(u.bureau, c.unit_name) as bureau,
    coalesce(u.address_form, '') as address_form,
    coalesce(above.unit_code, c.unit_code) as province_code,
    coalesce(above.name, u.name, c.unit_name) as province_name,
    coalesce(above.bureau, '') as upper_bureau,
    m.region, m.valid_from, m.valid_to
from city as c
join region_member as m on m.unit_code = c.unit_code
left join unit as u
    on u.unit_code = c.unit_code and u.valid_from <= :last_date and (u.valid_to is null or u.valid_to > :last_date)
left join unit as above
    on above.unit_code = u.reports_to and above.valid_from <= :last_date
    and (above.valid_to is null or above.valid_to > :last_date)
    and above.unit_code not in (select i.own_unit from installation as i)
where m.valid_from < :end_date and (m.valid_to is null or m.valid_to > :start_date)
order by c.unit_code, m.valid_from
