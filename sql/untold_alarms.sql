-- Grain: one alarm of the watch that no released letter of an earlier window names: its unit does not know of it.
-- Parameters: alarm_ids (words), end_at (instant: windows that ended before it). One raised too late waits for a person and is among them.
-- Reads: watch_alarm, letter, letter_alarm.
select w.alarm_id
from watch_alarm as w
where
    w.alarm_id in :alarm_ids
    and not exists (
        select 1
        from letter_alarm as n
        join letter as l on l.letter_id = n.letter_id
        where n.alarm_id = w.alarm_id and l.state = 'released' and l.end_at < :end_at
    )
order by w.alarm_id
