-- Grain: one suspect of one of the alarms asked for, by what was known when the alarm was raised; none that a person struck out.
-- Parameters: alarm_ids (words). Reads: suspect_at_push, suspect_verdict.
select s.alarm_id, s.rank, s.enterprise_id, s.score, s.evidence_json, s.rules_edition
from suspect_at_push as s
where s.alarm_id in :alarm_ids and not exists (
    select 1 from suspect_verdict as v
    where v.alarm_id = s.alarm_id and v.enterprise_id = s.enterprise_id and v.verdict = 'struck'
)
order by s.alarm_id, s.rank
