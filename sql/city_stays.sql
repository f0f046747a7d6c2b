-- Grain: one stay of a city in a key region that touches [start_date, end_date).
-- Parameters: start_date, end_date (Beijing dates).
-- Reads: city, region_member.
select c.unit_code, c.unit_name, c.province_code, c.province_name, m.region, m.valid_from, m.valid_to
from city as c
join region_member as m on m.unit_code = c.unit_code
where m.valid_from < :end_date and (m.valid_to is null or m.valid_to > :start_date)
order by c.unit_code, m.valid_from
