-- Grain: one place with hours on the days of the files: the mean of its valid daily means without the hours under dust
-- (扣除沙尘), their number, and `dust_days`, those that have too few hours only because dust was left out.
-- Parameters: files (Parquet, one a day), least_hours (of a valid daily mean).
-- Reads: hourly values; the relations dust (area_id, observed_on, hour), one row an hour of an area under dust, and
-- area (place_id, area_id), one row a place.
-- Sums are of decimals: exact, whatever the order in which threads meet the rows.
select
    place_id,
    avg(cast(day_mean as decimal(18, 12))) filter (where hours >= $least_hours) as pm25_ug_m3,
    count(*) filter (where hours >= $least_hours) as valid_days,
    count(*) filter (where hours < $least_hours and measured_hours >= $least_hours) as dust_days
from (
    select
        h.place_id, h.observed_on,
        avg(cast(h.pm25_ug_m3 as decimal(18, 9))) filter (where d.hour is null) as day_mean,
        count(h.pm25_ug_m3) filter (where d.hour is null) as hours,
        count(h.pm25_ug_m3) as measured_hours
    from read_parquet($files) as h
    left join area as a on a.place_id = h.place_id
    left join dust as d on d.area_id = a.area_id and d.observed_on = h.observed_on and d.hour = h.hour
    group by h.place_id, h.observed_on
) as day
group by place_id
