-- Grain: one hour of one place on the days of the files, with whatever pollutants those days have.
-- Parameters: files (Parquet, one a day).
-- Reads: hourly values.
select *
from read_parquet($files, union_by_name = true)
order by observed_on, place_id, hour
