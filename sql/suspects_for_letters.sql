-- Grain: one suspect of one ranking of one of the alarms asked for, by the hours that were known when it was raised or pushed.
-- Parameters: alarm_ids (words). `ranked_id`: the alarm that was ranked: the one asked for, or its alias of the watch, which is told
-- first (it has seen more hours' readings).
-- Reads: suspect_at_push, alarm_alias, suspect_verdict.
with named as (
    select k.alarm_id, k.alarm_id as ranked_id, k.rank, k.enterprise_id, k.score, k.evidence_json, 1 as is_own
    from suspect_at_push as k
    where k.alarm_id in :alarm_ids
    union all
    select a.alarm_id, k.alarm_id as ranked_id, k.rank, k.enterprise_id, k.score, k.evidence_json, 0 as is_own
    from alarm_alias as a
    join suspect_at_push as k on k.alarm_id = a.alias_id
    where a.alarm_id in :alarm_ids
)
select
    n.alarm_id, n.ranked_id, n.rank, n.enterprise_id, n.score, n.evidence_json,
    coalesce(v.verdict, w.verdict) as verdict, coalesce(v.decided_at, w.decided_at) as decided_at
from named as n
left join suspect_verdict as v on v.alarm_id = n.alarm_id and v.enterprise_id = n.enterprise_id
left join suspect_verdict as w on w.alarm_id = n.ranked_id and w.enterprise_id = n.enterprise_id
order by n.alarm_id, n.is_own, n.ranked_id, n.rank
