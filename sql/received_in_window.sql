-- Grain: one row.
-- Parameters: start_at, end_at (instants). `cities`: cities with an alarm pushed inside; `open_quarantine`: rows that
-- wait for an operator, of whatever window (facts only).
-- Reads: alarm, quarantine.
select
    (select count(distinct a.unit_code) from alarm as a where a.pushed_at >= :start_at and a.pushed_at < :end_at) as cities,
    (select count(*) from quarantine as q where q.state = 'open' and q.kind in ('alarms', 'feedback', 'problems')) as open_quarantine
