-- Grain: one revision of one problem at an alarm that lies with these units, noticed in the window, or whose alarm came to them in it.
-- Parameters: from_at, until_at (of noticed_at: from, exclusive to); units; own_source (what the asking unit told itself is left out);
-- after_id, after_event (change_id and problem_id of the last one told; 0 and empty for none); most (rows).
-- Reads: told_change, problem, alarm.
with lying as (
    select a.alarm_id
    from alarm as a
    where a.unit_code in :units
      and a.revision = (select max(b.revision) from alarm as b where b.alarm_id = a.alarm_id)
),
told as (
    select
        c.change_id, p.problem_id, p.alarm_id, p.category, p.description, p.found_at, p.status, p.rectify_by, p.rectified_at,
        p.is_simulated
    from told_change as c
    join problem as p on p.problem_id = c.record_id and p.revision = c.revision
    join lying as l on l.alarm_id = p.alarm_id
    where c.kind = 'problem' and c.noticed_at >= :from_at and c.noticed_at < :until_at and p.source <> :own_source
    union all
    select
        c.change_id, p.problem_id, p.alarm_id, p.category, p.description, p.found_at, p.status, p.rectify_by, p.rectified_at,
        p.is_simulated
    from told_change as c
    join alarm as a on a.alarm_id = c.record_id and a.revision = c.revision
    join alarm as b on b.alarm_id = a.alarm_id and b.revision = a.revision - 1
    join problem as p on p.alarm_id = a.alarm_id
    where c.kind = 'alarm'
      and c.noticed_at >= :from_at and c.noticed_at < :until_at
      and a.unit_code in :units and b.unit_code not in :units
      and p.source <> :own_source
      and p.revision = (select max(q.revision) from problem as q where q.problem_id = p.problem_id)
)
select
    change_id, problem_id, alarm_id, category, description, found_at, status, rectify_by as rectify_by_at, rectified_at, is_simulated
from told
where (change_id, problem_id) > (:after_id, :after_event)
order by change_id, problem_id
limit :most
