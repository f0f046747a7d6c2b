-- Grain: one day of one place with readings on it.
-- Parameters: files (Parquet, one a day), place.
-- Reads: daily means of grids or stations.
select observed_on, place_id, pm25_ug_m3, pm25_hours
from read_parquet($files)
where place_id = $place
order by observed_on
