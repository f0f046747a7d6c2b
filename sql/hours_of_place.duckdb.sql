-- Grain: one hour of one place on the days of the files.
-- Parameters: files (Parquet, one a day), place.
-- Reads: hourly values.
select observed_on, place_id, hour, pm25_ug_m3
from read_parquet($files, union_by_name = true)
where place_id = $place
order by observed_on, hour
