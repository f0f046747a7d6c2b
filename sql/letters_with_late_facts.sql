-- Grain: one released letter that facts learnt after its release may change.
-- Parameters: since_date (letters whose period_end is not before it); since_at: its midnight, before which none of them left;
-- corrected_kinds: the kinds of letters that late facts are compared with (|| '': the days find the letters, not their kinds, of which
-- an index would read all years).
-- Reads: letter, alarm, feedback_event, problem, air_day, dust_hour. A fact counts when its event time is not later than the
-- letter's as_of; a letter about one city looks at the facts of alarms that are or ever were that city's (an alarm
-- that moved to another one is missing in the letter of the first). Air quality counts for the letters of half-months, every day
-- of it up to their last one (they compare years). A letter with a later revision is left out: a person saw to it.
-- A slot is a moment as of which letters were written. Only facts that were learnt since since_at are
-- read, each once: late is one that happened before a slot and was learnt after its first release.
with released as materialized (
    select
        letter_id, letter_key, kind, addressee, number, period_kind, start_at, end_at, period_end, as_of, released_at, unit_code,
        figures_json
    from letter as l
    where state = 'released' and (kind || '') in :corrected_kinds and period_end >= :since_date
      and not exists (
          select 1
          from letter as n
          where n.kind = l.kind and n.addressee = l.addressee and n.period_kind = l.period_kind
            and n.start_at = l.start_at and n.end_at = l.end_at and n.revision > l.revision
      )
),
slot as materialized (
    select as_of, min(released_at) as first_released_at from released group by as_of
),
late as (
    select a.unit_code, r.revised_at as happened_at, r.received_at
    from alarm as r
    join alarm as a on a.alarm_id = r.alarm_id
    where r.received_at > :since_at
      and exists (select 1 from slot as s where s.as_of >= r.revised_at and s.first_released_at < r.received_at)
    union all
    select a.unit_code, e.event_at as happened_at, e.received_at
    from feedback_event as e
    join alarm as a on a.alarm_id = e.alarm_id
    where e.received_at > :since_at
      and exists (select 1 from slot as s where s.as_of >= e.event_at and s.first_released_at < e.received_at)
    union all
    select a.unit_code, p.found_at as happened_at, p.received_at
    from problem as p
    join alarm as a on a.alarm_id = p.alarm_id
    where p.received_at > :since_at
      and exists (select 1 from slot as s where s.as_of >= p.found_at and s.first_released_at < p.received_at)
),
learnt as materialized (
    select unit_code, first_as_of, max(received_at) as last_received_at
    from (
        select unit_code, received_at, (select min(s.as_of) from slot as s where s.as_of >= happened_at) as first_as_of
        from late
    ) as dated
    group by unit_code, first_as_of
),
air as materialized (
    select observed_on, received_at from air_day where received_at > :since_at
    union all
    select observed_on, received_at from dust_hour where received_at > :since_at
)
select l.letter_id, l.letter_key, l.kind, l.addressee, l.number, l.period_kind, l.start_at, l.end_at, l.period_end, l.as_of, l.figures_json
from released as l
where exists (
    select 1
    from learnt as f
    where f.first_as_of <= l.as_of and f.last_received_at > l.released_at
      and (l.unit_code is null or f.unit_code = l.unit_code)
) or (
    l.period_kind = 'half_month'
    and exists (select 1 from air as d where d.observed_on < l.period_end and d.received_at > l.released_at)
)
order by l.end_at, l.letter_key
