-- Grain: one city that belongs to a key region on on_date.
-- Parameters: on_date (Beijing date).
-- Reads: city, region_member.
select c.unit_code, c.unit_name, c.province_code, c.province_name, m.region
from city as c
join region_member as m on m.unit_code = c.unit_code
where m.valid_from <= :on_date and (m.valid_to is null or m.valid_to > :on_date)
order by c.unit_code
