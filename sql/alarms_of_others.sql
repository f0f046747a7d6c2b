-- Grain: one alarm of another source than the named one, pushed in [start_at, end_at), as last told.
-- Parameters: source (text), start_at, end_at (instants). Reads: alarm.
select a.alarm_id, a.grid_id, a.source, a.started_at, a.last_at, a.pushed_at
from alarm as a
where
    a.pushed_at >= :start_at and a.pushed_at < :end_at and a.source <> :source
    and a.revision = (select max(r.revision) from alarm as r where r.alarm_id = a.alarm_id)
order by a.pushed_at, a.alarm_id
