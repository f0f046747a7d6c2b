-- Grain: one suspect of one of the alarms asked for, by what was known when the alarm was raised.
-- Parameters: alarm_ids (words). `verdict`: what a person or an inspection said of it, or null. Reads: suspect_at_push, suspect_verdict.
select s.alarm_id, s.rank, s.enterprise_id, s.score, s.evidence_json, s.rules_edition, v.verdict
from suspect_at_push as s
left join suspect_verdict as v on v.alarm_id = s.alarm_id and v.enterprise_id = s.enterprise_id
where s.alarm_id in :alarm_ids
order by s.alarm_id, s.rank
