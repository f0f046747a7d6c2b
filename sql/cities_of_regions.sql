-- Grain: one city that belongs to a key region on on_date.
-- Parameters: on_date (Beijing date).
-- Reads: city, region_member.
select c.city_code, c.city_name, c.province_code, c.province_name, m.region
from city as c
join region_member as m on m.city_code = c.city_code
where m.valid_from <= :on_date and (m.valid_to is null or m.valid_to > :on_date)
order by c.city_code
