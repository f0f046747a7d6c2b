-- Grain: one hour of one city under dust, on a day in [start_date, end_date).
-- Parameters: start_date, end_date (Beijing dates).
-- Reads: dust_hour.
select unit_code as place_id, observed_on, hour
from dust_hour
where observed_on >= :start_date and observed_on < :end_date
order by observed_on, unit_code, hour
