-- Grain: one place with hours on the days of the files: the mean of its valid daily means, and their number.
-- Parameters: files (Parquet, one a day), least_hours (of a valid daily mean).
-- Reads: hourly values.
-- Sums are of decimals: exact, whatever the order in which threads meet the rows.
select
    place_id,
    avg(cast(day_mean as decimal(18, 12))) filter (where hours >= $least_hours) as pm25_ug_m3,
    count(*) filter (where hours >= $least_hours) as valid_days,
    0 as dust_days
from (
    select place_id, observed_on, avg(cast(pm25_ug_m3 as decimal(18, 9))) as day_mean, count(pm25_ug_m3) as hours
    from read_parquet($files)
    group by place_id, observed_on
) as day
group by place_id
