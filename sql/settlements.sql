-- Grain: one of the alarms named in wanted_key that the store knows, with the last of each kind of its steps, of whatever time.
-- Parameters: none.
-- Reads: wanted_key (temporary), alarm, feedback_event.
with told as (
    select a.alarm_id, min(a.pushed_at) as pushed_at
    from wanted_key as w
    cross join alarm as a
    where a.alarm_id = w.key_text
    group by a.alarm_id
)
select
    t.alarm_id, t.pushed_at,
    max(case when e.event in ('submitted', 'accepted') then e.event_at end) as answered_at,
    max(case when e.event = 'accepted' then e.event_at end) as accepted_at,
    max(case when e.event = 'returned' then e.event_at end) as returned_at,
    max(case when e.event = 'dispute_upheld' then e.event_at end) as upheld_at,
    max(case when e.event = 'dispute_rejected' then e.event_at end) as rejected_at,
    max(case when e.event = 'closed' then e.event_at end) as closed_at,
    max(case when e.event = 'reopened' then e.event_at end) as reopened_at
from told as t
left join feedback_event as e on e.alarm_id = t.alarm_id
group by t.alarm_id, t.pushed_at
