-- Grain: one letter with its standing: its own state before release, afterwards the worst state of its recipients.
-- Parameters: unit_code, on_date (its period_end), run_id, kind (null for any); unit_pattern (lower case, of the addressee's name or code),
--   standing, number_pattern (null for any; `!` escapes); from_date (its window ends on that day or later), to_date (its window begins by that
--   day); first_date, last_date (dates before and after any window); most (rows), skip (rows).
-- Reads: letter, letter_number, city, delivery. A letter is found by every number that it ever had. Newest windows first. Rehearsals and withdrawn copies are not counted.
-- The copies of a letter are read once, by the letter's key; a standing that few letters have is looked for among their states first,
-- by the index of open letters and that of deliveries, and the letters between the oldest and the newest of them alone are gone through.
-- So are those between the ends of what a name means: its units are found once, not by the name of every letter.
with meant as (
    select c.unit_code from city as c
    where lower(c.unit_name) like :unit_pattern escape '!' or lower(c.unit_code) like :unit_pattern escape '!'
),
theirs as (
    select min(e.first_end) as first_end, max(e.last_end) as last_end
    from (
        select
            (select min(x.period_end) from letter as x where x.unit_code = m.unit_code) as first_end,
            (select max(x.period_end) from letter as x where x.unit_code = m.unit_code) as last_end
        from meant as m
        union all
        select min(y.period_end), max(y.period_end)
        from letter as y
        where y.unit_code is null and lower(coalesce((select min(p.province_name) from city as p where p.province_code = y.addressee), y.addressee)) like :unit_pattern escape '!'
    ) as e
),
few as (
    select s.letter_id, s.period_end from letter as s where s.state in ('drafted', 'awaiting_approval', 'withheld') and s.state = :standing
    union
    select s.letter_id, s.period_end from letter as s where :standing = 'rejected' and s.state = 'rejected'
    union
    select s.letter_id, s.period_end
    from delivery as d join letter as s on s.letter_id = d.letter_id
    where d.state = :standing or (:standing = 'queued' and d.state = 'sending')
),
span as (
    select max(b.first_end) as first_end, min(b.last_end) as last_end
    from (
        select :from_date as first_end, :last_date as last_end
        union all
        select
            case when cast(:unit_pattern as varchar) is null then :first_date else coalesce(t.first_end, :last_date) end,
            case when cast(:unit_pattern as varchar) is null then :last_date else coalesce(t.last_end, :first_date) end
        from theirs as t
        union all
        select
            case when cast(:standing as varchar) is null or :standing in ('sent', 'released') then :first_date else coalesce(min(f.period_end), :last_date) end,
            case when cast(:standing as varchar) is null or :standing in ('sent', 'released') then :last_date else coalesce(max(f.period_end), :first_date) end
        from few as f
    ) as b
)
select *
from (
    select
        l.letter_id, l.kind, l.unit_code, coalesce(c.unit_name, (select min(p.province_name) from city as p where p.province_code = l.addressee), l.addressee) as addressee_name, l.addressee, l.period_start, l.period_end, l.start_at, l.end_at,
        l.revision, l.number, l.state, l.state_reason, l.is_stuck, l.is_simulated, l.run_id, l.composed_at, l.released_at,
        case
            when l.state <> 'released' then l.state
            else coalesce((
                select case max(case d.state when 'unknown' then 5 when 'refused' then 4 when 'expired' then 3 when 'queued' then 2 when 'sending' then 2 when 'sent' then 1 end)
                    when 5 then 'unknown' when 4 then 'refused' when 3 then 'expired' when 2 then 'queued' when 1 then 'sent' end
                from delivery as d
                where d.letter_id = l.letter_id and not d.is_rehearsal
            ), l.state)
        end as standing
    from letter as l
    left join city as c on c.unit_code = l.unit_code
    where (cast(:unit_code as varchar) is null or l.unit_code = :unit_code)
      and (cast(:on_date as date) is null or l.period_end = :on_date)
      and (cast(:run_id as varchar) is null or l.run_id = :run_id)
      and (cast(:kind as varchar) is null or l.kind = :kind)
      and l.period_start <= :to_date
      and (
          cast(:unit_pattern as varchar) is null
          or l.unit_code in (select m.unit_code from meant as m)
          or (l.unit_code is null and lower(coalesce((select min(p.province_name) from city as p where p.province_code = l.addressee), l.addressee)) like :unit_pattern escape '!')
      )
      and (cast(:number_pattern as varchar) is null or l.letter_id in (
          select n.letter_id from letter_number as n where lower(n.number) like :number_pattern escape '!'
      ))
      and (
          cast(:standing as varchar) is null or :standing in ('sent', 'released')
          or l.letter_id in (select f.letter_id from few as f)
      )
      and l.period_end >= (select s.first_end from span as s)
      and l.period_end <= (select s.last_end from span as s)
) as standing_letter
where (cast(:standing as varchar) is null or standing = :standing)
order by period_end desc, end_at desc, kind, addressee, revision desc, letter_id
limit :most offset :skip
