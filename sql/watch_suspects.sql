-- Grain: one suspect of one alarm of the watch that was raised in (start_at, end_at]; none that a person struck out.
-- Parameters: start_at, end_at (instants). `rank`: among those that are left, from 1. Reads: watch_alarm, alarm_suspect, suspect_verdict.
select
    s.alarm_id,
    row_number() over (partition by s.alarm_id order by s.rank) as rank,
    s.enterprise_id, s.score, s.rules_edition
from watch_alarm as w
join alarm_suspect as s on s.alarm_id = w.alarm_id
left join suspect_verdict as v on v.alarm_id = s.alarm_id and v.enterprise_id = s.enterprise_id
where w.raised_at > :start_at and w.raised_at <= :end_at and coalesce(v.verdict, '') <> 'struck'
order by w.raised_at, s.alarm_id, s.rank
