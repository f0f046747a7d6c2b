-- Grain: one pair of an alarm of another source, pushed in [start_at, end_at), and an alarm of the watch on the same grid whose
-- hours overlap it (hour starts), both by their last revision; the earliest push first.
-- Parameters: source (of the watch), start_at, end_at (instants). Reads: alarm, watch_alarm.
select a.alarm_id, a.pushed_at, w.alarm_id as watch_id, m.pushed_at as watch_pushed_at
from alarm as a
join watch_alarm as w on w.grid_id = a.grid_id and w.started_at <= a.last_at and w.last_at >= a.started_at
join alarm as m
    on m.alarm_id = w.alarm_id and m.revision = (select max(r.revision) from alarm as r where r.alarm_id = w.alarm_id)
where
    a.pushed_at >= :start_at and a.pushed_at < :end_at and a.source <> :source
    and a.revision = (select max(r.revision) from alarm as r where r.alarm_id = a.alarm_id)
order by a.pushed_at, m.pushed_at, a.alarm_id, w.alarm_id
