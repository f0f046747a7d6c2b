-- Grain: one suspect of one of the alarms asked for, with what a person said of it.
-- Parameters: alarm_ids (words). Reads: alarm_suspect, suspect_verdict.
select
    s.alarm_id, s.rank, s.enterprise_id, s.score, s.evidence_json, s.rules_edition, v.verdict, v.reason, v.decided_at,
    v.decided_by
from alarm_suspect as s
left join suspect_verdict as v on v.alarm_id = s.alarm_id and v.enterprise_id = s.enterprise_id
where s.alarm_id in :alarm_ids
order by s.alarm_id, s.rank
