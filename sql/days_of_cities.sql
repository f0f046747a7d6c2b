-- Grain: one day before before_date of which the cities' daily means are in the store.
-- Parameters: before_date (Beijing date).
-- Reads: city_day.
select distinct observed_on
from city_day
where observed_on < :before_date
order by observed_on
