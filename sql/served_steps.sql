-- Grain: one step of the feedback to an alarm that lies with these units, noticed in the window; every step of an alarm that came to them in
-- it; and the coming and going themselves, as decisions: one that went to other units is no alarm of these any more.
-- Parameters: from_at, until_at (of noticed_at: from, exclusive to); units; own_source (what the asking unit told itself is left out);
-- after_id, after_event, after_at (the last one told; 0, empty and any moment for none); most (rows).
-- Reads: told_change, feedback_event, alarm.
with lying as (
    select a.alarm_id
    from alarm as a
    where a.unit_code in :units
      and a.revision = (select max(b.revision) from alarm as b where b.alarm_id = a.alarm_id)
),
moves as (
    select c.change_id, a.alarm_id, a.revised_at, a.is_simulated, case when a.unit_code in :units then 1 else 0 end as has_come
    from told_change as c
    join alarm as a on a.alarm_id = c.record_id and a.revision = c.revision
    join alarm as b on b.alarm_id = a.alarm_id and b.revision = a.revision - 1
    where c.kind = 'alarm'
      and c.noticed_at >= :from_at and c.noticed_at < :until_at
      and case when a.unit_code in :units then 1 else 0 end <> case when b.unit_code in :units then 1 else 0 end
),
told as (
    select
        c.change_id, f.alarm_id, f.event, f.event_at, f.unit, f.inspector, f.problem_found, f.note, f.inspected_at, f.is_simulated
    from told_change as c
    join feedback_event as f
      on f.alarm_id = c.record_id and f.event = c.event and f.event_at = c.event_at and f.revision = c.revision
    join lying as l on l.alarm_id = f.alarm_id
    where c.kind = 'step' and c.noticed_at >= :from_at and c.noticed_at < :until_at and f.source <> :own_source
    union all
    select
        m.change_id, f.alarm_id, f.event, f.event_at, f.unit, f.inspector, f.problem_found, f.note, f.inspected_at, f.is_simulated
    from moves as m
    join feedback_event as f on f.alarm_id = m.alarm_id
    where m.has_come = 1 and f.source <> :own_source
    union all
    select
        m.change_id, m.alarm_id, case when m.has_come = 1 then 'dispute_rejected' else 'dispute_upheld' end, m.revised_at,
        null, null, null, 'moved', null, m.is_simulated
    from moves as m
    where m.has_come = 0
       or exists (select 1 from alarm as e where e.alarm_id = m.alarm_id and e.unit_code in :units and e.revised_at < m.revised_at)
)
select
    change_id, alarm_id, event, event_at, unit, inspector, problem_found, note, inspected_at, is_simulated
from told
where (change_id, event, event_at) > (:after_id, :after_event, :after_at)
order by change_id, event, event_at
limit :most
