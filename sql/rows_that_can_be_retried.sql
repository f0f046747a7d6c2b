-- Grain: one open row in quarantine that waits for an alarm which the store knows by now.
-- Parameters: none.
-- Reads: quarantine, alarm, alarm_alias (an alias is known, too).
select q.quarantine_id, q.source, q.kind, q.fields_json, q.received_at, q.speaker
from quarantine as q
where q.waits_for is not null
  and q.state = 'open'
  and (
    exists (select 1 from alarm as a where a.alarm_id = q.waits_for)
    or exists (select 1 from alarm_alias as l where l.alias_id = q.waits_for)
  )
order by q.kind, q.quarantine_id
