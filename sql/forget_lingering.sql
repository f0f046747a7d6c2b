-- Grain: no rows; takes the alarms named in wanted_key out of lingering_alarm.
-- Parameters: none.
-- Reads and writes: wanted_key (temporary), lingering_alarm.
delete from lingering_alarm
where alarm_id in (select key_text from wanted_key)
