-- Grain: the last revision of one problem of ours at an alarm of the office above, where it was not told yet.
-- Parameters: upper (source); since_at (of received_at).
-- Reads: problem, alarm, sent_report.
select
    p.problem_id, p.alarm_id, p.category, p.description, p.found_at, p.status, p.rectify_by as rectify_by_at, p.rectified_at,
    p.is_simulated, p.received_at
from problem as p
join alarm as a on a.alarm_id = p.alarm_id and a.revision = 1 and a.source = :upper
where p.received_at >= :since_at
  and p.source <> :upper
  and p.revision = (select max(q.revision) from problem as q where q.problem_id = p.problem_id)
  and not exists (
    select 1 from sent_report as s
    where s.upper = :upper and s.kind = 'problem' and s.alarm_id = p.alarm_id and s.record_id = p.problem_id and s.told_at >= p.received_at
  )
order by p.received_at, p.problem_id
