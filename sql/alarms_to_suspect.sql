-- Grain: one alarm of those asked for, of the watch or of any other source, in its last state.
-- Parameters: alarm_ids (words). `raised_at`: of the watch's alarms the end of the deciding hour, of another the moment at which its source
-- pushed it first; `began_at`, `told_last_at`: start and last hour as they were told then; lon, lat: the grid's centre, or the alarm's own point where the grid is not
-- known; `is_made`: by the watch.
-- Reads: alarm, watch_alarm, grid.
with told as (
    select alarm_id, grid_id, lon, lat, started_at, last_at, pushed_at, is_simulated,
        row_number() over (partition by alarm_id order by revised_at desc, revision desc) as place,
        row_number() over (partition by alarm_id order by revised_at, revision) as first_place
    from alarm
    where alarm_id in :alarm_ids
),
of_source as (
    select
        t.alarm_id, t.grid_id, t.lon, t.lat, t.started_at, t.last_at, coalesce(w.raised_at, f.pushed_at) as raised_at,
        coalesce(w.started_at, f.started_at) as began_at, f.last_at as told_last_at, t.is_simulated, case when w.alarm_id is null then 0 else 1 end as is_made
    from told as t
    join told as f on f.alarm_id = t.alarm_id and f.first_place = 1
    left join watch_alarm as w on w.alarm_id = t.alarm_id
    where t.place = 1
    union all
    select
        w.alarm_id, w.grid_id, null, null, w.started_at, w.last_at, w.raised_at, w.started_at, w.last_at, w.is_simulated, 1
    from watch_alarm as w
    where w.alarm_id in :alarm_ids and not exists (select 1 from told as t where t.alarm_id = w.alarm_id)
)
select
    o.alarm_id, o.grid_id, coalesce((g.west + g.east) / 2, o.lon) as lon, coalesce((g.south + g.north) / 2, o.lat) as lat,
    o.started_at, o.last_at, o.raised_at, o.began_at, o.told_last_at, o.is_simulated, o.is_made
from of_source as o
left join grid as g on g.grid_id = o.grid_id
order by o.alarm_id
