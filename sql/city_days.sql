-- Grain: one city on one day in [start_date, end_date) with its daily means, however few hours they rest on.
-- Parameters: start_date, end_date (Beijing dates).
-- Reads: city_day.
select
    unit_code as place_id, observed_on,
    pm25_ug_m3, pm25_hours, pm10_ug_m3, pm10_hours, so2_ug_m3, so2_hours, no2_ug_m3, no2_hours,
    co_mg_m3, co_hours, o3_8h_ug_m3, o3_8h_windows, is_given, is_simulated
from city_day
where observed_on >= :start_date and observed_on < :end_date
order by observed_on, unit_code
