-- Grain: one place with readings on the days of the files: the mean of its valid daily means, and their number.
-- Parameters: files (Parquet, one a day), least_hours (of a valid daily mean).
-- Reads: daily means of grids or stations.
-- Sums are of decimals: exact, whatever the order in which threads meet the rows.
select
    place_id,
    avg(cast(pm25_ug_m3 as decimal(18, 12))) filter (where pm25_hours >= $least_hours) as pm25_ug_m3,
    count(*) filter (where pm25_hours >= $least_hours) as valid_days,
    0 as dust_days
from read_parquet($files)
group by place_id
