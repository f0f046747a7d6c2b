-- Grain: one day: the daily mean of one place, and the median of those of all others, each where enough hours were measured.
-- Parameters: files (Parquet, one a day), place, least_hours (of a valid daily mean).
-- Reads: daily means of grids.
select
    observed_on,
    cast($place as varchar) as place_id,
    max(pm25_ug_m3) filter (where place_id = $place and pm25_hours >= $least_hours) as own_ug_m3,
    median(pm25_ug_m3) filter (where place_id <> $place and pm25_hours >= $least_hours) as others_ug_m3
from read_parquet($files)
group by observed_on
order by observed_on
