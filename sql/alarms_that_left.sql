-- Grain: the alarm, when a released letter names it, or somebody has answered it or found a problem at it; else no row.
-- Parameters: alarm_id (text). Reads: letter_alarm, letter, feedback_event, problem.
select distinct alarm_id
from (
    select n.alarm_id
    from letter_alarm as n
    join letter as l on l.letter_id = n.letter_id
    where n.alarm_id = :alarm_id and l.state = 'released'
    union all
    select e.alarm_id from feedback_event as e where e.alarm_id = :alarm_id
    union all
    select p.alarm_id from problem as p where p.alarm_id = :alarm_id
) as named
