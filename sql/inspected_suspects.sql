-- Grain: one suspect of one alarm at which an inspection found a source or looked for one.
-- Parameters: none. Reads: alarm_suspect, suspect_verdict.
select
    s.alarm_id, s.rank, s.enterprise_id, s.score, s.evidence_json, s.rules_edition,
    case when v.verdict in ('found', 'not_found') then v.verdict end as verdict
from alarm_suspect as s
left join suspect_verdict as v on v.alarm_id = s.alarm_id and v.enterprise_id = s.enterprise_id
where s.alarm_id in (select alarm_id from suspect_verdict where verdict in ('found', 'not_found'))
order by s.alarm_id, s.rank
