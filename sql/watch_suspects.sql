-- Grain: one suspect of one alarm of the watch that was raised in (start_at, end_at].
-- Parameters: start_at, end_at (instants). Reads: watch_alarm, alarm_suspect.
select s.alarm_id, s.rank, s.enterprise_id, s.score, s.rules_edition
from watch_alarm as w
join alarm_suspect as s on s.alarm_id = w.alarm_id
where w.raised_at > :start_at and w.raised_at <= :end_at
order by w.raised_at, s.alarm_id, s.rank
