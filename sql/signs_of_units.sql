-- Grain: one sign of life of a unit: a step of its own on any of its alarms (once a revision of the alarm), or a form or reply by mail
--   from one of its contacts.
-- Parameters: unit_codes (words); since_at, as_of_at (instants). What the office itself does (returned, accepted, …) is no sign of its unit,
--   and an automatic reply is none.
-- Reads: feedback_event, alarm, mail.
select a.unit_code, e.event_at as sign_at
from feedback_event as e
join alarm as a on a.alarm_id = e.alarm_id
where e.event in ('acknowledged', 'submitted', 'disputed') and e.event_at >= :since_at and e.event_at <= :as_of_at
  and a.unit_code in :unit_codes
union all
select w.unit_code, w.received_at
from mail as w
where w.unit_code in :unit_codes and w.is_from_contact = true and w.kind in ('answer', 'reply') and w.authenticity <> 'fail'
  and w.received_at >= :since_at and w.received_at <= :as_of_at
