-- Grain: one unit with its micro-stations that are in service on a day.
-- Parameters: on_date (Beijing date). Reads: station.
select unit_code, count(distinct station_id) as stations
from station
where kind = 'micro' and valid_from <= :on_date and (valid_to is null or valid_to > :on_date)
group by unit_code
order by unit_code
