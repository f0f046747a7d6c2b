-- Grain: one answer drawn in a week that begins in [start_date, end_date), with the result that stands as of as_of_at.
-- Parameters: start_date, end_date (Sundays), as_of_at (instant).
-- Reads: spot_check.
with told as (
    select week_start, alarm_id, unit_code, result, reason, checked_by, checked_at,
           row_number() over (partition by week_start, alarm_id order by checked_at desc) as place
    from spot_check
    where week_start >= :start_date and week_start < :end_date and checked_at <= :as_of_at
)
select week_start, alarm_id, unit_code, result, reason, checked_by, checked_at
from told
where place = 1
order by week_start, alarm_id
