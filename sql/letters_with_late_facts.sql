-- Grain: one released letter that facts learnt after its release may change.
-- Parameters: since_date (letters whose period_end is not before it).
-- Reads: letter, alarm, feedback_event, problem. A fact counts when its event time is not later than the letter's as_of; a letter about one city looks at the facts of that city only.
select l.letter_id, l.letter_key, l.kind, l.number, l.period_kind, l.period_start, l.period_end, l.as_of, l.figures_json
from letter as l
where l.state = 'released' and l.kind in ('notice', 'reminder', 'summary') and l.period_end >= :since_date
  and (
      exists (
          select 1 from alarm as a
          where a.received_at > l.released_at and a.revised_at <= l.as_of
            and (l.city_code is null or a.city_code = l.city_code)
      )
      or exists (
          select 1 from feedback_event as e
          where e.received_at > l.released_at and e.event_at <= l.as_of
            and (l.city_code is null or exists (
                select 1 from alarm as a where a.alarm_id = e.alarm_id and a.city_code = l.city_code
            ))
      )
      or exists (
          select 1 from problem as p
          where p.received_at > l.released_at and p.found_at <= l.as_of
            and (l.city_code is null or exists (
                select 1 from alarm as a where a.alarm_id = p.alarm_id and a.city_code = l.city_code
            ))
      )
  )
order by l.period_end, l.letter_key
