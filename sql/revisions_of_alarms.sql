-- Grain: one stored revision of one of the alarms named in wanted_key.
-- Parameters: none.
-- Reads: wanted_key (temporary), alarm. The cross join makes SQLite look up each key rather than scan the alarms.
select a.alarm_id, a.revision, a.revised_at, a.content_hash, a.source
from wanted_key as w
cross join alarm as a
where a.alarm_id = w.key_text
order by a.alarm_id, a.revision
